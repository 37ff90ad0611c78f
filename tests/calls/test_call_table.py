"""The product: how many upstream calls an operation costs, exactly, over a real HTTP sandbox."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"
COLLECTION = "/v1/invoices?size=500&offset=0"
NEWEST = ["G000100144", "D030000096", "G000100143", "D030000095"]
CARRIED = "id invoiceDetails { billingProvider } taxReceipts { id } amendments { id } state totalCharges"


def by_id(*ids):
    return [f"/v1/invoices/{invoice_id}" for invoice_id in ids]


def ids_of(count):
    """The first modern invoices of the sandbox."""
    return [f"G{100000 + number:09}" for number in range(1, count + 1)]


async def test_summaries_with_details_cost_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    document = "{ invoiceSummaries { totalCount items { balanceAmount details { summary { balanceAmount } } } } }"

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    again = await gateway.ask(document)

    assert cold == [SUMMARIES]
    assert sandbox.take_calls() == []
    assert again == data
    assert [item["balanceAmount"] for item in data["invoiceSummaries"]["items"]] == ["751094.39", "1230.33", "1001.12"]


async def test_summaries_with_nested_invoices_cost_two_calls(start_gateway, sandbox):
    gateway = await start_gateway()
    document = f"""{{ invoiceSummaries {{ items {{
        invoices(first: 50) {{ nodes {{ {CARRIED} }} }}
        details {{ invoices {{ totalCount }} summary {{ invoices {{ totalCount }} }} }} }} }} }}"""

    await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert cold == [SUMMARIES, COLLECTION]
    assert sandbox.take_calls() == []


async def test_a_page_of_invoices_costs_one_call_for_each_upstream_page(start_gateway, sandbox):
    gateway = await start_gateway()
    document = f"{{ invoices(first: 50) {{ nodes {{ {CARRIED} }} }} }}"

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    again = await gateway.ask(document)

    assert cold == [COLLECTION]
    assert sandbox.take_calls() == []
    assert again == data
    assert [node["id"] for node in data["invoices"]["nodes"][:4]] == NEWEST


@pytest.mark.parametrize("field", ["pdfDownloadLink", "billingPeriodStartDate", "billingPeriodEndDate"])
async def test_a_field_that_the_collection_leaves_out_costs_one_call_by_id_for_each_invoice(
    start_gateway, sandbox, field
):
    gateway = await start_gateway()
    document = f"{{ invoices(first: 50) {{ nodes {{ id {field} }} }} }}"

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    again = await gateway.ask(document)

    nodes = data["invoices"]["nodes"]
    assert len(nodes) == 50
    assert all(node[field] for node in nodes)
    assert cold[0] == COLLECTION
    assert sorted(cold[1:]) == sorted(by_id(*(node["id"] for node in nodes)))
    assert sandbox.take_calls() == []
    assert again == data


async def test_all_three_such_fields_together_cost_one_call_by_id_each_and_run_concurrently(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.faults({"path": "/v1/invoices/*", "latency_ms": 200})
    started_s = asyncio.get_running_loop().time()

    await gateway.ask(
        "{ invoices(first: 8) { nodes { pdfDownloadLink billingPeriodStartDate billingPeriodEndDate } } }"
    )

    assert len(sandbox.take_calls()) == 1 + 8
    assert asyncio.get_running_loop().time() - started_s < 8 * 0.2


async def test_one_invoice_under_twenty_aliases_costs_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    document = "{" + " ".join(f'a{n}: invoice(id: "G000100001") {{ id pdfDownloadLink }}' for n in range(20)) + "}"

    await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert cold == by_id("G000100001")
    assert sandbox.take_calls() == []


async def test_both_spellings_of_an_id_are_one_invoice(start_gateway, sandbox):
    gateway = await start_gateway()

    data = await gateway.ask('{ a: invoice(id: "OneTime-G000100001") { id } b: invoice(id: "G000100001") { id } }')

    assert data == {"a": {"id": "G000100001"}, "b": {"id": "G000100001"}}
    assert sandbox.take_calls() == by_id("G000100001")


@pytest.mark.parametrize("cache_url", ["memory://", "none://"])
async def test_two_hundred_callers_of_one_scope_at_once_cost_one_call(start_gateway, sandbox, cache_url):
    gateway = await start_gateway(cache_url=cache_url)
    sandbox.faults({"path": "/v1/invoices/*", "latency_ms": 500})
    document = '{ invoice(id: "G000100001") { id totalCharges } }'

    answers = await asyncio.gather(*(gateway.ask(document) for _ in range(200)))

    assert all(answer == answers[0] for answer in answers)
    assert sandbox.take_calls() == by_id("G000100001")


async def test_callers_of_two_scopes_share_nothing(start_gateway, sandbox):
    gateway = await start_gateway()
    document = '{ invoice(id: "G000100001") { totalCharges } }'

    first = await gateway.ask(document, token="one")
    second = await gateway.ask(document, token="two")

    assert first != second
    assert sandbox.take_calls() == by_id("G000100001") * 2


async def test_an_invoice_that_a_kept_collection_holds_costs_nothing(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    data = await gateway.ask(f'{{ invoice(id: "G000100001") {{ {CARRIED} amendments {{ amendsOf }} }} }}')

    assert data["invoice"]["id"] == "G000100001"
    assert data["invoice"]["amendments"][0]["amendsOf"] == "G000100001"
    assert sandbox.take_calls() == []


async def test_what_a_kept_collection_left_out_of_an_invoice_costs_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    data = await gateway.ask('{ invoice(id: "G000100001") { pdfDownloadLink } }')

    assert data["invoice"]["pdfDownloadLink"] == "/invoices/G000100001/documents/statement"
    assert sandbox.take_calls() == by_id("G000100001")


async def test_fifty_invoices_by_id_cost_fifty_calls(start_gateway, sandbox):
    gateway = await start_gateway()
    ids = ids_of(50)
    document = "query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }"

    data = await gateway.ask(document, ids=ids)
    cold = sandbox.take_calls()
    await gateway.ask(document, ids=ids)

    assert [invoice["id"] for invoice in data["invoicesById"]] == ids
    assert sorted(cold) == sorted(by_id(*ids))
    assert sandbox.take_calls() == []


async def test_invoices_by_id_that_a_kept_collection_holds_cost_nothing(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    await gateway.ask("query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }", ids=ids_of(50))

    assert sandbox.take_calls() == []


async def test_the_collection_comes_first_where_more_are_missing_than_the_operation_may_call(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=10)

    data = await gateway.ask("query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }", ids=ids_of(50))

    assert [invoice["id"] for invoice in data["invoicesById"]] == ids_of(50)
    assert sandbox.take_calls() == [COLLECTION]


async def test_work_that_needs_more_calls_than_allowed_is_refused_before_the_first(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=10)

    response = await gateway.post("{ invoices(first: 50) { nodes { pdfDownloadLink } } }")

    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"UPSTREAM_BUDGET_EXCEEDED"}
    assert errors[0]["extensions"]["upstreamCalls"] == 51
    assert errors[0]["extensions"]["maxUpstreamCalls"] == 10
    assert len(errors) == 50
    assert sandbox.take_calls() == [COLLECTION]


async def test_an_amendments_own_fields_follow_the_same_rule(start_gateway, sandbox):
    gateway = await start_gateway()
    document = '{ invoice(id: "G000100001") { amendments { id pdfDownloadLink taxReceipts { id } } } }'

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    amendments = data["invoice"]["amendments"]
    assert [amendment["id"] for amendment in amendments] == ["G900000001", "G900000002"]
    assert cold[0] == "/v1/invoices/G000100001"
    assert sorted(cold[1:]) == by_id("G900000001", "G900000002")
    assert sandbox.take_calls() == []


async def test_the_amended_invoice_costs_nothing_where_a_kept_collection_holds_it(start_gateway, sandbox):
    gateway = await start_gateway()

    data = await gateway.ask(
        "{ invoices(last: 10) { nodes { id amendments { amendedInvoice { id } } } } }",
    )

    amended = [node for node in data["invoices"]["nodes"] if node["amendments"]]
    assert amended
    assert all(
        amendment["amendedInvoice"] == {"id": node["id"]} for node in amended for amendment in node["amendments"]
    )
    assert sandbox.take_calls() == [COLLECTION]


async def test_an_id_that_does_not_exist_is_null_and_remembered(start_gateway, sandbox):
    gateway = await start_gateway()
    document = '{ invoice(id: "G999999999") { id } }'

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert data == {"invoice": None}
    assert cold == ["/v1/invoices/G999999999", COLLECTION]
    assert sandbox.take_calls() == []


@pytest.mark.parametrize("answer", ["404", "403"])
async def test_an_invoice_denied_by_id_comes_from_the_collection(start_gateway, sandbox, answer):
    gateway = await start_gateway()
    sandbox.quirks(by_id=answer)

    data = await gateway.ask('{ invoice(id: "G000100001") { id state } }')

    assert data["invoice"]["id"] == "G000100001"
    assert sandbox.take_calls() == ["/v1/invoices/G000100001", COLLECTION]


async def test_a_field_by_id_only_of_an_invoice_that_is_404_by_id_is_null(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.quirks(by_id="404")
    document = '{ invoice(id: "G000100001") { pdfDownloadLink } }'

    data = await gateway.ask(document)
    await gateway.ask(document)

    assert data == {"invoice": {"pdfDownloadLink": None}}
    assert sandbox.take_calls() == ["/v1/invoices/G000100001", COLLECTION]


async def test_a_date_filter_is_pushed_down_where_the_collection_is_not_kept(start_gateway, sandbox):
    gateway = await start_gateway()
    document = """{ invoices(filter: { invoiceDate: { from: "2026-10-01T00:00:00Z", until: "2026-11-01T00:00:00Z" } }) {
        totalCount nodes { invoiceDate } } }"""

    data = await gateway.ask(document)
    cold = sandbox.requests()
    sandbox.take_calls()
    await gateway.ask(document)

    assert data["invoices"]["totalCount"] > 0
    assert all(node["invoiceDate"].startswith("2026-10-") for node in data["invoices"]["nodes"])
    assert len(cold) == 1
    assert json.loads(parse_qs(cold[0]["query"])["filter"][0]) == {
        "LeftFilter": {"Field": "InvoiceDate", "Value": "2026-10-01", "Operator": "greater_than_or_equals"},
        "RightFilter": {"Field": "InvoiceDate", "Value": "2026-11-01", "Operator": "less_than"},
        "Operator": "and",
    }
    assert sandbox.take_calls() == []


async def test_a_date_filter_is_answered_from_a_kept_collection(start_gateway, sandbox):
    gateway = await start_gateway()
    document = """{ invoices(filter: { invoiceDate: { from: "2026-10-01T00:00:00Z" } }) { totalCount } }"""
    pushed_down = await gateway.ask(document)
    fresh = await start_gateway()
    await fresh.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    assert await fresh.ask(document) == pushed_down
    assert sandbox.take_calls() == []


async def test_windows_asked_for_together_cost_one_reading(start_gateway, sandbox):
    gateway = await start_gateway()
    months = " ".join(
        f'm{month}: invoices(filter: {{ invoiceDate: {{ from: "2026-0{month}-01T00:00:00Z", '
        f'until: "2026-0{month + 1}-01T00:00:00Z" }} }}) {{ totalCount }}'
        for month in range(1, 7)
    )

    data = await gateway.ask(f"{{ {months} }}")
    cold = sandbox.take_calls()
    whole = await gateway.ask(
        '{ invoices(filter: { invoiceDate: { from: "2026-01-01T00:00:00Z", until: "2026-07-01T00:00:00Z" } }) '
        "{ totalCount } }"
    )

    assert len(cold) == 1
    assert sum(month["totalCount"] for month in data.values()) == whole["invoices"]["totalCount"]


async def test_a_filtered_and_an_unfiltered_list_together_cost_one_reading(start_gateway, sandbox):
    gateway = await start_gateway()

    await gateway.ask(
        '{ a: invoices { totalCount } b: invoices(filter: { invoiceDate: { from: "2026-10-01T00:00:00Z" } }) '
        "{ totalCount } }"
    )

    assert sandbox.take_calls() == [COLLECTION]


async def test_a_failure_is_not_kept(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.faults({"path": "/v1/invoices/summaries", "status": 400, "times": 1})
    document = "{ invoiceSummaries { totalCount } }"

    failed = await gateway.errors(document)
    data = await gateway.ask(document)

    assert failed == [(["invoiceSummaries"], "UPSTREAM_ERROR")]
    assert data == {"invoiceSummaries": {"totalCount": 3}}
    assert sandbox.take_calls() == [SUMMARIES, SUMMARIES]


async def test_a_store_that_keeps_nothing_costs_the_same_again(start_gateway, sandbox):
    gateway = await start_gateway(cache_url="none://")
    document = f"{{ invoiceSummaries {{ items {{ invoices {{ nodes {{ {CARRIED} }} }} }} }} }}"

    await gateway.ask(document)
    await gateway.ask(document)

    assert sandbox.take_calls() == [SUMMARIES, COLLECTION] * 2


async def test_no_more_calls_run_at_once_than_are_set(start_gateway, sandbox):
    gateway = await start_gateway(upstream_concurrency=4)
    sandbox.faults({"path": "/v1/invoices/*", "latency_ms": 50})

    await gateway.ask("query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }", ids=ids_of(20))

    assert sandbox.peak_in_flight() == 4
