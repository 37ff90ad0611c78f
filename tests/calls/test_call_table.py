"""The product: how many upstream calls an operation costs, exactly, over a real HTTP sandbox."""

import asyncio

import pytest

from tests.calls.call_lists import CARRIED, COLLECTION, SUMMARIES, by_id, ids_of

pytestmark = pytest.mark.anyio

NEWEST = ["G000100144", "D030000096", "G000100143", "D030000095"]


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

    await gateway.ask(
        "{ invoices(first: 8) { nodes { pdfDownloadLink billingPeriodStartDate billingPeriodEndDate } } }"
    )

    assert sandbox.peak_in_flight() == 8
    assert len(sandbox.take_calls()) == 1 + 8


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


async def test_work_that_needs_more_calls_than_allowed_is_refused_before_the_first(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=10)

    response = await gateway.post("{ invoices(first: 50) { nodes { pdfDownloadLink } } }")

    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"UPSTREAM_BUDGET_EXCEEDED"}
    assert errors[0]["extensions"]["upstreamCalls"] == 51
    assert errors[0]["extensions"]["maxUpstreamCalls"] == 10
    assert len(errors) == 50
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
