"""The collection's filter by date, over HTTP."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from sandbox_calls import get

from gateway.sandbox.dates import read
from gateway.sandbox.filter import parse_filter
from gateway.sandbox.generation import generate, slots

pytestmark = pytest.mark.anyio

INVALID = {"message": "The request is invalid."}


def nested(depth: int) -> str:
    value = simple("greater_than", "2001-01-01")
    for _ in range(depth - 1):
        value = {"LeftFilter": value, "RightFilter": simple("greater_than", "2001-01-01"), "Operator": "and"}
    return json.dumps(value)


def simple(operator: str, value: str):
    return {"Field": "InvoiceDate", "Value": value, "Operator": operator}


@pytest.mark.parametrize(
    ("operator", "test"),
    [
        ("equals", lambda date, bound: date == bound),
        ("not_equals", lambda date, bound: date != bound),
        ("greater_than", lambda date, bound: date > bound),
        ("greater_than_or_equals", lambda date, bound: date >= bound),
        ("less_than", lambda date, bound: date < bound),
        ("less_than_or_equals", lambda date, bound: date <= bound),
    ],
)
async def test_the_filter_compares_invoice_dates(client, operator, test):
    invoices = generate(1, "first", slots(240))
    bound = next(invoice for invoice in invoices[100:] if invoice.part.invoice_type == "Recurring").date
    body = await get(client, "", filter=json.dumps(simple(operator, bound.isoformat())))

    expected = [invoice.id for invoice in invoices if test(invoice.date, bound)]
    assert [item["id"] for item in body["items"]] == expected
    assert 0 < len(expected) < 240


async def test_a_compound_filter_is_kept_in_the_links_and_pages_what_it_matches(client):
    filters = {
        "LeftFilter": simple("greater_than_or_equals", "2020-01-01"),
        "RightFilter": {
            "LeftFilter": simple("less_than", "01/01/2021"),
            "RightFilter": simple("not_equals", "2020-02-01T00:00:00Z"),
            "Operator": "and",
        },
        "Operator": "and",
    }
    query = f"/invoices?size=20&filter={quote(json.dumps(filters))}"
    first = (await client.get(f"/v1{query}")).json()
    second = (await client.get(f"/v1{first['links']['next']['uri']}")).json()
    matched = [
        invoice.id
        for invoice in generate(1, "first", slots(240))
        if datetime(2020, 1, 1, tzinfo=UTC) <= invoice.date < datetime(2021, 1, 1, tzinfo=UTC)
    ]

    assert [item["id"] for item in first["items"] + second["items"]] == matched
    assert 20 < len(matched) < 40
    assert "next" not in second["links"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps(simple("equals", "yesterday")),
        json.dumps(simple("Equals", "2020-01-01")),
        json.dumps(simple("equals", "2020-01-01") | {"Field": "TotalCharges"}),
        json.dumps(simple("equals", "2020-01-01") | {"Extra": 1}),
        json.dumps({"field": "InvoiceDate", "value": "2020-01-01", "operator": "equals"}),
        json.dumps(
            {
                "LeftFilter": simple("equals", "2020-01-01"),
                "RightFilter": simple("equals", "2020-01-01"),
                "Operator": "or",
            }
        ),
        nested(17),
    ],
)
async def test_filters_that_partner_center_would_not_take_are_refused(client, text):
    response = await client.get("/v1/invoices", params={"filter": text})

    assert (response.status_code, response.json()) == (400, INVALID)


async def test_a_filter_may_be_sixteen_deep(client):
    assert (await get(client, "", filter=nested(16)))["totalCount"] == 240


def test_a_filter_nested_beyond_the_stack_is_refused():
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_filter("[" * 1_000_000)


def test_a_date_without_a_zone_is_utc():
    assert read("2020-01-01T01:00:00") == read("2020-01-01T02:00:00+01:00") == datetime(2020, 1, 1, 1, tzinfo=UTC)
