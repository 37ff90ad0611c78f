"""What a plan says, row by row, and what it leaves as it is."""

import asyncio

import pytest

from gateway.billing import Invoice, InvoiceDetail
from gateway.freshness import CacheControl
from gateway.resources import BillingProvider, InvoiceLineItemType
from tests.execution.explain.planner import Planner, rows
from tests.execution.runs import ONE, invoice

pytestmark = pytest.mark.anyio

SUMMARIES, BY_ID, COLLECTION = "/v1/invoices/summaries", "/v1/invoices/{id}", "/v1/invoices"
LINE_ITEMS = "/v1/invoices/{id}/lineitems"
LINKS = "{ invoices(first: 2) { nodes { pdfDownloadLink } } }"
TWO = '{ invoicesById(ids: ["G1", "G2"]) { id } }'


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_plan_is_a_response_without_data():
    planner = Planner()

    response, status = await planner.planned("{ invoiceSummaries { totalCount } }")

    assert status == 200
    assert response == {
        "data": None,
        "extensions": {
            "plan": {
                "calls": [
                    {
                        "method": "GET",
                        "path": SUMMARIES,
                        "verdict": "missing",
                        "answers": 1,
                        "least": 1,
                        "most": 1,
                        "behind": False,
                    }
                ],
                "least": 1,
                "most": 1,
                "behind": {"least": 0, "most": 0},
                "budget": 120,
                "mayExceedBudget": False,
                "answerKept": False,
            }
        },
    }
    assert planner.source.calls == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (LINKS, [(BY_ID, "unknown", 0, 0, 2), (COLLECTION, "missing", 1, 1, 100)]),
        (TWO, [(BY_ID, "missing", 2, 2, 2), (COLLECTION, "missing", 0, 0, 100)]),
        (
            '{ invoice(id: "G1") { amendments { pdfDownloadLink } } }',
            [(BY_ID, "missing", 1, 1, 1), (BY_ID, "unknown", 0, 0, 119), (COLLECTION, "missing", 0, 0, 100)],
        ),
        (
            '{ invoice(id: "G1") { amendedInvoice { amendedInvoice { pdfDownloadLink } } } }',
            [(BY_ID, "missing", 1, 1, 1), (BY_ID, "unknown", 0, 0, 2), (COLLECTION, "missing", 0, 0, 100)],
        ),
        (
            "{ invoiceSummaries { items { invoices(first: 0) { nodes { pdfDownloadLink } } } } }",
            [(SUMMARIES, "missing", 1, 1, 1), (COLLECTION, "missing", 0, 0, 100)],
        ),
        (
            """{ invoiceSummaries { items { a: invoices { totalCount }
            b: invoices(filter: {invoiceDate: {from: "2026-10-01T00:00:00Z"}}) { totalCount } } } }""",
            [(SUMMARIES, "missing", 1, 1, 1), (COLLECTION, "missing", 0, 0, 119)],
        ),
    ],
)
async def test_what_is_not_known_yet_is_told_as_a_range(document, expected):
    assert await Planner().rows(document) == expected


async def test_of_line_items_a_page_is_certain_and_nineteen_may_follow():
    planner = Planner()
    parts = [InvoiceDetail(BillingProvider.OFFICE, InvoiceLineItemType.BILLING_LINE_ITEMS, invoice_id="G1")] * 2
    planner.source.documents["G1"] = invoice(invoice_details=tuple(parts))
    document = '{ invoice(id: "G1") { invoiceDetails { lineItems { nodes { __typename } } } } }'
    cold = await planner.rows(document)
    await planner.run(ONE, key=b"another")

    assert cold == [
        (BY_ID, "missing", 1, 1, 1),
        (COLLECTION, "missing", 0, 0, 100),
        (LINE_ITEMS, "unknown", 0, 0, 119),
    ]
    assert await planner.rows(document) == [
        (BY_ID, "fresh", 1, 0, 0),
        (LINE_ITEMS, "missing", 1, 1, 1),
        (LINE_ITEMS, "unknown", 0, 0, 38),
    ]


async def test_what_is_kept_is_counted():
    planner = Planner()
    planner.source.listed = [Invoice(f"G{number}") for number in range(1, 4)]
    await planner.run("{ invoices { totalCount } }")

    plan = await planner.plan(LINKS, key=b"another")

    assert rows(plan) == [(BY_ID, "missing", 2, 2, 2), (COLLECTION, "fresh", 1, 0, 0)]
    assert (plan["least"], plan["most"]) == (2, 2)


async def test_what_is_stale_is_read_behind():
    planner = Planner(windows=(60, 600, 0))
    await planner.run(TWO)
    await planner.run("{ invoices { totalCount } }", key=b"another")
    planner.clock.now_s += 61

    plan = await planner.plan("{ a: invoices { totalCount } " + TWO.removeprefix("{"))

    assert rows(plan) == [(BY_ID, "stale", 2, 2, 2), (COLLECTION, "stale", 1, 1, 100)]
    assert [call["behind"] for call in plan["calls"]] == [True, True]
    assert (plan["least"], plan["most"], plan["behind"]) == (0, 0, {"least": 3, "most": 102})
    planner.source.calls.clear()
    await settle()
    assert planner.source.calls == []
    await planner.run("{ a: invoices { totalCount } " + TWO.removeprefix("{"))
    await settle()
    assert sorted(planner.source.calls) == ["G1", "G2", "invoices"]


async def test_what_is_being_read_costs_nothing():
    planner = Planner()
    planner.source.gate.clear()
    asked = asyncio.create_task(planner.run(ONE))
    await settle()

    assert await planner.rows(TWO) == [
        (BY_ID, "missing", 1, 1, 1),
        (BY_ID, "in flight", 1, 0, 0),
        (COLLECTION, "missing", 0, 0, 100),
    ]
    planner.source.gate.set()
    await asked
    assert planner.source.calls == ["G1"]


async def test_what_is_being_renewed_costs_nothing():
    planner = Planner(windows=(60, 600, 0))
    await planner.run(ONE)
    planner.clock.now_s += 61
    planner.source.gate.clear()
    await planner.run(ONE)
    await settle()

    assert await planner.rows(ONE) == [(BY_ID, "in flight", 1, 0, 0)]


async def test_ages_that_the_caller_does_not_take_are_missing():
    planner = Planner()
    await planner.run(ONE)
    planner.clock.now_s += 10

    assert (await planner.rows(ONE, cache_control=CacheControl(no_cache=True)))[0] == (BY_ID, "missing", 1, 1, 1)
    assert (await planner.rows(ONE, cache_control=CacheControl(max_age_s=9)))[0] == (BY_ID, "missing", 1, 1, 1)
    assert await planner.rows(ONE, cache_control=CacheControl(max_age_s=11)) == [(BY_ID, "fresh", 1, 0, 0)]


async def test_who_wants_no_call_is_told_of_none():
    response, _status = await Planner().planned(ONE, cache_control=CacheControl(only_if_cached=True))

    assert [error["extensions"]["code"] for error in response["errors"]] == ["NOT_CACHED"]
    assert rows(response["extensions"]["plan"]) == [(BY_ID, "missing", 1, 0, 0)]


async def test_many_by_id_become_the_collection_where_the_budget_is_short():
    plan = await Planner().plan(TWO, calls=1)

    assert rows(plan) == [(COLLECTION, "missing", 1, 1, 1)]
    assert (plan["least"], plan["most"], plan["budget"], plan["mayExceedBudget"]) == (1, 1, 1, True)


async def test_work_that_will_be_refused_is_refused_in_the_plan():
    planner = Planner()
    planner.source.listed = [Invoice(f"G{number}") for number in range(1, 4)]
    await planner.run("{ invoices { totalCount } }")

    response, status = await planner.planned(LINKS, key=b"another", calls=1)

    codes = [error["extensions"]["code"] for error in response["errors"]]
    assert (status, codes) == (200, ["UPSTREAM_BUDGET_EXCEEDED"] * 2)
    # The errors say that there will be none. Had they been asked for one by one, there might be one.
    assert rows(response["extensions"]["plan"]) == [(BY_ID, "missing", 0, 0, 1), (COLLECTION, "fresh", 1, 0, 0)]


async def test_an_answer_that_is_kept_costs_nothing_though_its_parts_are_gone():
    planner = Planner()
    await planner.run(ONE)
    assert (await planner.plan(ONE))["answerKept"] is True
    for number in range(100, 400):
        planner.source.documents[f"G{number}"] = invoice(f"G{number}")
    for start in (100, 200, 300):
        ids = ", ".join(f'"G{number}"' for number in range(start, start + 100))
        await planner.run(f"{{ invoicesById(ids: [{ids}]) {{ id }} }}", key=None)

    plan = await planner.plan(ONE)

    assert rows(plan) == [(BY_ID, "missing", 1, 0, 0)]
    assert (plan["most"], plan["answerKept"]) == (0, True)
    assert (await planner.plan(ONE, key=b"another"))["most"] == 101


async def test_a_plan_is_neither_kept_nor_joined():
    planner = Planner()
    planner.source.gate.clear()
    plain = [asyncio.create_task(planner.run(ONE)) for _ in range(2)]
    await settle()
    planned = await planner.plan(ONE)
    planner.source.gate.set()

    assert planned["answerKept"] is False
    assert [await each for each in plain] == [{"data": {"invoice": {"id": "G1", "totalCharges": "1.10"}}}] * 2
    assert planner.kept() == {"data": {"invoice": {"id": "G1", "totalCharges": "1.10"}}}
    assert planner.source.calls == ["G1"]
