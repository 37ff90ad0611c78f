"""The call table's rows for filters by date."""

import json
from urllib.parse import parse_qs

import pytest

from tests.calls.call_lists import COLLECTION

pytestmark = pytest.mark.anyio


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
