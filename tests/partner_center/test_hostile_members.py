"""Answers that are JSON of the right shape but for one member, and those that are odd and served all the same."""

import copy
import json

import pytest

from gateway.billing import EVERYTHING, DocumentType
from gateway.errors import UpstreamUnreadableError
from tests.partner_center.raw_server import http, saying

pytestmark = pytest.mark.anyio

INVOICE = {
    "id": "G1",
    "invoiceDate": "2024-03-08T01:22:47Z",
    "totalCharges": 12.5,
    "paidAmount": 0,
    "currencyCode": "EUR",
    "documentType": "invoice",
    "invoiceType": "OneTime",
    "state": "active",
    "amendments": [{"id": "G2"}],
    "invoiceDetails": [{"billingProvider": "azure", "links": {"self": {"uri": "/a", "headers": []}}}],
    "taxReceipts": [{"id": "1"}],
    "links": {"self": {"uri": "/a", "method": "GET", "headers": [{"key": "K", "value": "V"}]}},
    "attributes": {"objectType": "Invoice"},
}
PART = {"currencyCode": "EUR", "balanceAmount": 1.5}
SUMMARY = PART | {"latestInvoiceDate": "2024-03-08", "details": [{"invoiceType": "OneTime", "summary": PART}]}
WRONG = {"text": "", "number": 1, "list": [], "object": {}, "true": True, "list-of-null": [None]}
# What each member may be of the above; the rest of them is unreadable. Texts are read as amounts where they are one.
READ = {
    "id": {"text": False},
    "invoiceDate": {"text", "number"},
    "totalCharges": {"number"},
    "currencyCode": {"text"},
    "documentType": {"text", "number"},
    "state": {"text"},
    "amendments": {"list"},
    "invoiceDetails": {"list"},
    "taxReceipts": {"list"},
    "links": {"object"},
    "attributes": {"object"},
    "invoiceDetails/0/billingProvider": {"text", "number"},
    "invoiceDetails/0/links/self/headers": {"list"},
    "taxReceipts/0/id": {"text"},
    "links/self/uri": {"text"},
    "links/self/headers/0/key": {"text"},
}
READ_OF_SUMMARIES = {
    "currencyCode": {"text"},
    "balanceAmount": {"number"},
    "latestInvoiceDate": {"text", "number"},
    "details": {"list"},
    "details/0/invoiceType": {"text"},
    "details/0/summary": set(),
    "details/0/summary/balanceAmount": {"number"},
}


def altered(document, place: str, value):
    """The document with a value in a place, such as `details/0/summary`."""
    changed = copy.deepcopy(document)
    *way, last = (int(part) if part.isdigit() else part for part in place.split("/"))
    inner = changed
    for part in way:
        inner = inner[part]
    inner[last] = value
    return changed


def wrong(readable) -> list:
    return [
        pytest.param(place, WRONG[kind], id=f"{place}-{kind}")
        for place, kinds in readable.items()
        for kind in WRONG
        if kind not in kinds or place == "id"
    ]


def right(readable) -> list:
    return [
        pytest.param(place, WRONG[kind], id=f"{place}-{kind}")
        for place, kinds in readable.items()
        if place != "id"
        for kind in sorted(kinds)
    ]


async def answered(serve, connect, document):
    server = await serve(saying(http(json.dumps(document).encode())))
    return connect(server.url)


@pytest.mark.parametrize(("place", "value"), wrong(READ))
async def test_an_invoice_with_a_member_of_a_wrong_type_is_unreadable_by_id_and_in_the_collection(
    serve, connect, operation, place, value
):
    invoice = altered(INVOICE, place, value)
    by_id = await answered(serve, connect, invoice)
    collection = await answered(serve, connect, {"items": [{"id": "G0"}, invoice]})

    with pytest.raises(UpstreamUnreadableError):
        await by_id.invoice(operation, "G1")
    with pytest.raises(UpstreamUnreadableError):
        await collection.invoices(operation, EVERYTHING)


@pytest.mark.parametrize(("place", "value"), right(READ))
async def test_an_invoice_with_an_empty_or_numbered_member_is_served(serve, connect, operation, place, value):
    client = await answered(serve, connect, altered(INVOICE, place, value))

    assert (await client.invoice(operation, "G1")).paid_amount == 0


@pytest.mark.parametrize(("place", "value"), wrong(READ_OF_SUMMARIES))
async def test_a_summary_with_a_member_of_a_wrong_type_is_unreadable(serve, connect, operation, place, value):
    client = await answered(serve, connect, {"items": [altered(SUMMARY, place, value)]})

    with pytest.raises(UpstreamUnreadableError):
        await client.invoice_summaries(operation)


@pytest.mark.parametrize(("place", "value"), right(READ_OF_SUMMARIES))
async def test_a_summary_with_an_empty_or_numbered_member_is_served(serve, connect, operation, place, value):
    client = await answered(serve, connect, {"items": [altered(SUMMARY, place, value)]})

    assert len((await client.invoice_summaries(operation)).items) == 1


@pytest.mark.parametrize("depth", [100, 300])
async def test_amendments_of_amendments_are_served_as_deep_as_they_can_be_read(serve, connect, operation, depth):
    nested = {"id": "G2"}
    for _ in range(depth):
        nested = {"id": "G1", "amendments": [nested]}
    invoice = await (await answered(serve, connect, nested)).invoice(operation, "G1")
    levels = 0
    while invoice.amendments:
        invoice, levels = invoice.amendments[0], levels + 1

    assert levels == depth


async def test_what_is_odd_is_served_with_its_byte_order_mark(serve, connect, operation):
    odd = INVOICE | {
        "documentType": "credit_note_of_tomorrow",
        "invoiceDate": "the day before yesterday",
        "billingPeriodStartDate": "0001-01-01T00:00:00",
        "billingPeriodEndDate": 20240308,
        "tomorrow": {"deep": [[[[]]]]},
    }
    server = await serve(saying(http(b"\xef\xbb\xbf" + json.dumps(odd).encode())))
    invoice = await connect(server.url).invoice(operation, "G1")

    assert invoice.document_type is DocumentType.UNKNOWN
    assert invoice.invoice_date is invoice.billing_period_start_date is invoice.billing_period_end_date is None
