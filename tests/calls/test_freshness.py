"""How old an answer is, what it says of that, and what a caller may ask of it, over a real HTTP sandbox."""

import asyncio
from datetime import timedelta

import pytest

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"
COLLECTION = "/v1/invoices?size=500&offset=0"
ID = "G000100001"
BY_ID = f"/v1/invoices/{ID}"
INVOICE = f'{{ invoice(id: "{ID}") {{ totalCharges }} }}'
NESTED = "{ mine: invoiceSummaries { items { balanceAmount theirs: invoices(first: 1) { nodes { id } } } } }"
DEAD = {"path": "/v1/*", "status": 500}
STALE_AT_ONCE = {"invoice_fresh_s": 0.05, "invoice_stale_s": 60, "list_fresh_s": 0.05, "list_stale_s": 60}
STALE_IF_ERROR = STALE_AT_ONCE | {"invoice_stale_s": 0, "list_stale_s": 0}


async def end_fresh_window():
    await asyncio.sleep(0.06)


async def answer(gateway, document, cache_control=None):
    """Data, errors as (path, code), and freshness as (path, reason); ages are checked to be a second or two."""
    response = await gateway.post(document, headers={"Cache-Control": cache_control} if cache_control else None)
    body = response.json()
    stale = body.get("extensions", {}).get("freshness", [])
    assert all(set(entry) == {"path", "age", "reason"} and entry["age"] in {1, 2, 3} for entry in stale)
    errors = [(error.get("path"), error["extensions"]["code"]) for error in body.get("errors", [])]
    return body.get("data"), errors, [(entry["path"], entry["reason"]) for entry in stale]


async def test_a_stale_answer_comes_at_once_says_so_and_is_renewed_behind(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_AT_ONCE)
    fresh = await answer(gateway, NESTED)
    await end_fresh_window()
    sandbox.take_calls()

    data, errors, stale = await answer(gateway, NESTED)
    async with asyncio.timeout(10):
        while len(sandbox.calls()) < 2:
            await asyncio.sleep(0.05)

    assert (data, errors) == fresh[:2]
    assert fresh[2] == []
    assert stale == [
        (["mine"], "RENEWING"),
        *((["mine", "items", index, "theirs"], "RENEWING") for index in range(len(data["mine"]["items"]))),
    ]
    assert sorted(sandbox.take_calls()) == sorted([SUMMARIES, COLLECTION])


async def test_where_upstream_fails_what_was_kept_is_served_and_says_why(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_IF_ERROR)
    fresh = await answer(gateway, INVOICE)
    await end_fresh_window()
    sandbox.faults(DEAD)

    assert await answer(gateway, INVOICE) == (fresh[0], [], [(["invoice"], "UPSTREAM_ERROR")])


async def test_a_throttled_query_is_answered_from_what_was_kept(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_IF_ERROR)
    fresh = await answer(gateway, NESTED)
    await end_fresh_window()
    sandbox.faults({"path": "/v1/*", "status": 429, "retry_after": "30"})
    sandbox.take_calls()

    data, errors, stale = await answer(gateway, NESTED)

    assert (data, errors) == (fresh[0], [])
    assert {reason for _path, reason in stale} == {"RATE_LIMITED"}
    assert sandbox.take_calls() == [SUMMARIES]


async def test_the_invoices_of_a_list_have_their_own_places(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_IF_ERROR)
    document = f'{{ invoicesById(ids: ["{ID}", "G000100002"]) {{ id }} }}'
    await answer(gateway, document)
    await end_fresh_window()
    sandbox.faults({"path": BY_ID, "status": 500})

    data, errors, stale = await answer(gateway, document)

    assert data == {"invoicesById": [{"id": ID}, {"id": "G000100002"}]}
    assert (errors, stale) == ([], [(["invoicesById", 0], "UPSTREAM_ERROR")])


async def test_an_invoice_that_only_a_kept_collection_holds_is_served_from_it(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_IF_ERROR)
    await answer(gateway, "{ invoices { nodes { id } } }")
    await end_fresh_window()
    sandbox.faults(DEAD)

    data, errors, stale = await answer(gateway, INVOICE)

    assert data["invoice"]["totalCharges"]
    assert (errors, stale) == ([], [(["invoice"], "UPSTREAM_ERROR")])


async def test_nothing_stale_is_served_to_who_does_not_want_it(start_gateway, sandbox):
    gateway = await start_gateway(**STALE_AT_ONCE)
    await answer(gateway, INVOICE)
    await end_fresh_window()
    sandbox.faults(DEAD)

    assert await answer(gateway, INVOICE, "max-stale=0") == ({"invoice": None}, [(["invoice"], "UPSTREAM_ERROR")], [])


async def test_no_cache_reads_anew_and_only_once_in_five_seconds(start_gateway, sandbox, monkeypatch):
    monkeypatch.setattr("gateway.freshness.RENEWED_AT_MOST_EVERY_S", 1)
    gateway = await start_gateway()
    await answer(gateway, INVOICE)
    await asyncio.sleep(1.01)
    sandbox.take_calls()
    for _ in range(5):
        await answer(gateway, INVOICE, "no-cache")

    assert sandbox.take_calls() == [BY_ID]


async def test_only_if_cached_makes_no_call(start_gateway, sandbox):
    gateway = await start_gateway()

    cold = await gateway.post(INVOICE, headers={"Cache-Control": "only-if-cached"})
    cold_calls = sandbox.take_calls()
    await answer(gateway, INVOICE)
    data, errors, stale = await answer(gateway, INVOICE, "only-if-cached")

    assert (cold.status_code, cold.json()["errors"][0]["extensions"]["code"]) == (504, "NOT_CACHED")
    assert cold_calls == []
    assert (bool(data["invoice"]), errors, stale) == (True, [], [])


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "UNAUTHENTICATED"), (403, "FORBIDDEN")],
)
async def test_who_is_refused_is_shown_nothing_from_the_past(start_gateway, sandbox, status, code):
    gateway = await start_gateway(**STALE_IF_ERROR | {"list_fresh_s": 60})
    await answer(gateway, "{ invoiceSummaries { totalCount } }")
    await answer(gateway, INVOICE)
    sandbox.faults({"path": BY_ID, "status": status})
    await end_fresh_window()
    refused = await answer(gateway, INVOICE, "max-stale=0")
    sandbox.faults(DEAD)

    assert refused == ({"invoice": None}, [(["invoice"], code)], [])
    assert await answer(gateway, "{ invoiceSummaries { totalCount } }") == (
        {"invoiceSummaries": None},
        [(["invoiceSummaries"], "UPSTREAM_ERROR")],
        [],
    )


async def test_a_pdf_link_that_has_ended_is_had_anew_or_not_at_all(start_gateway, sandbox, monkeypatch):
    monkeypatch.setattr("gateway.readings._LEFT_OF_PDF_LINK", timedelta(minutes=30) - timedelta(seconds=0.3))
    gateway = await start_gateway()
    document = f'{{ invoice(id: "{ID}") {{ totalCharges pdfDownloadLink }} }}'
    first = await answer(gateway, document)
    warm_calls = sandbox.take_calls()
    await asyncio.sleep(0.31)
    renewed = await answer(gateway, document)
    renewed_calls = sandbox.take_calls()
    await asyncio.sleep(0.31)
    sandbox.faults(DEAD)
    data, errors, stale = await answer(gateway, document)

    assert first == renewed
    assert first[0]["invoice"]["pdfDownloadLink"]
    assert (warm_calls, renewed_calls) == ([BY_ID], [BY_ID])
    assert data == {"invoice": first[0]["invoice"] | {"pdfDownloadLink": None}}
    assert (errors, stale) == ([(["invoice", "pdfDownloadLink"], "UPSTREAM_ERROR")], [])


async def test_two_windows_asked_for_again_are_answered_though_one_was_read_alone_meanwhile(start_gateway, sandbox):
    gateway = await start_gateway()

    def field(name, year):
        dates = f'{{ from: "{year}-01-01T00:00:00Z", until: "{year + 1}-01-01T00:00:00Z" }}'
        return f"{name}: invoices(filter: {{ invoiceDate: {dates} }}) {{ totalCount }}"

    both = f"{{ {field('a', 2018)} {field('b', 2020)} }}"
    first = await answer(gateway, both)
    await answer(gateway, f"{{ {field('a', 2018)} }}")
    sandbox.take_calls()
    sandbox.faults(DEAD)

    assert await answer(gateway, both) == first
    assert sandbox.take_calls() == []
