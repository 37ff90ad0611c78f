"""A plan and what then happens, by the sandbox's journal: for every kind of operation, over every kind of cache."""

import json
import re
from collections import Counter

import pytest

from tests.execution.explain.operations import IDS, OPERATIONS
from tests.execution.explain.planner import rows

pytestmark = pytest.mark.anyio

SUMMARIES, ONE, COLLECTION = "/v1/invoices/summaries", "/v1/invoices/{id}", "/v1/invoices"
# What was asked before.
KEPT = {
    "summaries": "{ invoiceSummaries { totalCount } }",
    "collection": "{ invoices { totalCount } }",
    "invoices": f'{{ invoice(id: "{IDS[0]}") {{ id }} }}',
    "a month": '{ invoices(filter: { invoiceDate: { from: "2026-10-01T00:00:00Z" } }) { totalCount } }',
}
# Where it makes a difference what is kept.
MANIFOLD = (
    "everything at once",
    "their links",
    "the usual page",
    "one",
    "two windows",
    "what one amends",
    "line items",
)


def resource(call):
    path = call.partition("?")[0]
    return path if path in {SUMMARIES, COLLECTION} else re.sub(r"(?<=invoices/)[^/]+", "{id}", path)


def by_path(plan, name):
    counted = Counter()
    for call in plan["calls"]:
        counted[call["path"]] += call[name]
    return counted


async def planned(gateway, document, variables, **parameters):
    response = await gateway.post(document, headers={"X-Gateway-Explain": "plan"}, variables=variables, **parameters)
    return response.json()["extensions"]["plan"]


async def check(gateway, sandbox, document, variables):
    """The plan, once it has been held against what happens."""
    plan = await planned(gateway, document, variables)
    assert sandbox.take_calls() == []
    await gateway.post(document, variables=variables)
    calls = sandbox.take_calls()
    made, least, most = Counter(map(resource, calls)), by_path(plan, "least"), by_path(plan, "most")
    assert plan["least"] <= len(calls) <= plan["most"] <= plan["budget"]
    for path in made.keys() | most.keys():
        assert least[path] <= made[path] <= most[path], path
    return plan


@pytest.mark.parametrize("name", OPERATIONS)
async def test_what_happens_lies_within_the_plan_where_nothing_is_kept_and_where_all_is(start_gateway, sandbox, name):
    gateway = await start_gateway(explain=True)

    cold = await check(gateway, sandbox, *OPERATIONS[name])
    again = await check(gateway, sandbox, *OPERATIONS[name])

    assert {call["verdict"] for call in cold["calls"]} <= {"missing", "unknown"}
    assert {call["verdict"] for call in again["calls"]} <= {"fresh"}
    assert again["most"] == 0


@pytest.mark.parametrize("name", MANIFOLD)
@pytest.mark.parametrize("kept", KEPT)
async def test_what_happens_lies_within_the_plan_where_something_is_kept(start_gateway, sandbox, kept, name):
    gateway = await start_gateway(explain=True)
    await gateway.ask(KEPT[kept])
    sandbox.take_calls()

    await check(gateway, sandbox, *OPERATIONS[name])


@pytest.mark.parametrize("name", MANIFOLD)
async def test_what_happens_lies_within_the_plan_where_the_budget_is_short(start_gateway, sandbox, name):
    gateway = await start_gateway(explain=True, max_upstream_calls=3)

    await check(gateway, sandbox, *OPERATIONS[name])


async def test_what_follows_on_what_is_kept_is_certain(start_gateway, sandbox):
    gateway = await start_gateway(explain=True)
    first = {"items": [{"customerId": "1"}], "continuationToken": "AQAAAA=="}
    sandbox.faults({"path": "*/lineitems", "body": "raw", "raw": json.dumps(first), "times": 1})
    document = """query ($first: Int!) { invoice(id: "G000100144") {
      invoiceDetail(billingProvider: ONE_TIME, invoiceLineItemType: BILLING_LINE_ITEMS) {
        lineItems(first: $first) { nodes { customerId } } } } }"""
    await gateway.ask(document, first=1)

    plan = await planned(gateway, document, {"first": 2})

    assert rows(plan) == [
        (ONE, "fresh", 1, 0, 0),
        (f"{ONE}/lineitems", "fresh", 1, 0, 0),
        (f"{ONE}/lineitems", "missing", 1, 1, 1),
        (f"{ONE}/lineitems", "unknown", 0, 0, 19),
    ]
