"""Invoices, summaries and pages: what is absent, partial, prefixed or new, member by member."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.billing import (
    BillingProvider,
    DocumentType,
    Invoice,
    InvoiceDetail,
    InvoiceLineItemType,
    InvoiceSummaries,
    InvoiceSummary,
    InvoiceSummaryDetail,
    KeyValuePair,
    Link,
    ResourceAttributes,
    ResourceLinks,
    TaxReceipt,
)
from gateway.errors import UpstreamUnreadableError
from gateway.partner_center import decode

PAYLOADS = Path(__file__).parents[1] / "payloads"


def decoded_invoice(**members) -> Invoice:
    return decode.invoice(json.dumps({"id": "G1"} | members).encode())


def test_a_whole_invoice_is_decoded_member_by_member():
    asked_at = datetime(2024, 6, 1, 12, tzinfo=UTC)

    invoice = decode.invoice((PAYLOADS / "invoice.modern.json").read_bytes(), asked_at)

    assert invoice == Invoice(
        id="G900000017",
        invoice_date=datetime(2024, 3, 8, 1, 22, 47, 603895, UTC),
        billing_period_start_date=datetime(2024, 2, 1, tzinfo=UTC),
        billing_period_end_date=datetime(2024, 2, 29, 23, 59, 59, 999999, UTC),
        total_charges=Decimal("18230.07"),
        paid_amount=Decimal(-250),
        currency_code="CHF",
        currency_symbol="CHF",
        document_type=DocumentType.INVOICE,
        invoice_type="OneTime",
        state="active",
        program_name="CSP",
        amendments=(
            Invoice(
                id="G900000021",
                invoice_date=datetime(2024, 4, 2, 18, tzinfo=UTC),
                total_charges=Decimal("-30.5"),
                paid_amount=Decimal(0),
                currency_code="CHF",
                currency_symbol="CHF",
                document_type=DocumentType.ADJUSTMENT_NOTE,
                invoice_type="OneTime",
                amends_of="G900000017",
                attributes=ResourceAttributes(object_type="Invoice"),
            ),
            Invoice(id="G900000022", document_type=DocumentType.VOID_NOTE, amends_of="G900000017"),
        ),
        invoice_details=(
            InvoiceDetail(
                billing_provider=BillingProvider.ONE_TIME,
                invoice_line_item_type=InvoiceLineItemType.BILLING_LINE_ITEMS,
                links=ResourceLinks(
                    self=Link("/invoices/OneTime-G900000017/lineitems/OneTime/BillingLineItems", "GET")
                ),
                attributes=ResourceAttributes(object_type="InvoiceDetail"),
            ),
            InvoiceDetail(
                billing_provider=BillingProvider.MARKETPLACE,
                invoice_line_item_type=InvoiceLineItemType.USAGE_LINE_ITEMS,
                attributes=ResourceAttributes(object_type="InvoiceDetail"),
            ),
        ),
        tax_receipts=(
            TaxReceipt(
                id="7700012",
                created_date=datetime(2024, 3, 8, 16, tzinfo=UTC),
                receipt_type="invoice",
                tax_receipt_pdf_download_link="/invoices/G900000017/receipts/7700012/documents/statement",
                invoice_id="G900000017",
            ),
            TaxReceipt(id="7700013", invoice_id="G900000017"),
        ),
        pdf_download_link="/invoices/G900000017/documents/statement",
        links=ResourceLinks(self=Link("/invoices/OneTime-G900000017", "GET", (KeyValuePair("X-Locale", "de-CH"),))),
        attributes=ResourceAttributes(etag='"9f"', object_type="Invoice"),
        is_whole=True,
        pdf_download_link_expires_at=datetime(2024, 6, 1, 12, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["invoice.id-only.json", "invoice.all-null.json"])
def test_absent_and_null_members_are_the_same_nothing(name):
    invoice = decode.invoice((PAYLOADS / name).read_bytes())

    assert invoice == Invoice(id=invoice.id, is_whole=True)


def test_unknown_members_are_passed_over():
    invoice = decode.invoice((PAYLOADS / "invoice.members-of-tomorrow.json").read_bytes())

    assert invoice.total_charges == Decimal("12.30")
    assert invoice.attributes == ResourceAttributes(object_type="Invoice")
    assert invoice.invoice_details[1] == InvoiceDetail(links=ResourceLinks())


def test_unknown_enum_values_are_unknown():
    invoice = decode.invoice((PAYLOADS / "invoice.members-of-tomorrow.json").read_bytes())

    assert invoice.document_type is DocumentType.UNKNOWN
    assert invoice.invoice_details[0] == InvoiceDetail(BillingProvider.UNKNOWN, InvoiceLineItemType.UNKNOWN)
    assert (invoice.invoice_type, invoice.state) == ("Prepaid", "Under review")


@pytest.mark.parametrize("prefix", ["", "OneTime-", "Recurring-", "onetime-"])
def test_ids_lose_their_prefix(prefix):
    invoice = decoded_invoice(id=f"{prefix}G2", amendsOf=f"{prefix}G1", amendments=[{"id": f"{prefix}G3"}])

    assert (invoice.id, invoice.amends_of, invoice.amendments[0].id) == ("G2", "G1", "G3")


@pytest.mark.parametrize("amends_of", ["", "OneTime-"])
def test_an_empty_amends_of_amends_nothing(amends_of):
    assert decoded_invoice(amendsOf=amends_of).amends_of is None


@pytest.mark.parametrize("invoice_id", [None, "", "OneTime-", "Recurring-", 7, ["G1"]])
def test_an_invoice_without_an_id_is_unreadable(invoice_id):
    with pytest.raises(UpstreamUnreadableError):
        decoded_invoice(id=invoice_id)


def test_a_member_of_another_kind_is_unreadable_and_named_by_its_place():
    with pytest.raises(UpstreamUnreadableError) as raised:
        decoded_invoice(taxReceipts=[{"id": "1"}, {"id": 2}])

    assert raised.value.message == "Partner Center's answer cannot be understood (at taxReceipts[1].id)."


def test_an_item_of_another_kind_is_named_by_its_place_in_the_page():
    with pytest.raises(UpstreamUnreadableError) as raised:
        decode.invoice_page(b'{"items":[{"id":"G1"},{"id":"G2","totalCharges":"much"}]}')

    assert raised.value.message == "Partner Center's answer cannot be understood (at items[1].totalCharges)."


def test_an_unreadable_answer_is_not_quoted():
    with pytest.raises(UpstreamUnreadableError) as raised:
        decoded_invoice(totalCharges="the tenant's secret", state={"the tenant's": "secret"})

    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    ("sent", "link"),
    [
        (
            {"uri": "/invoices?size=2&offset=2", "method": "GET", "headers": []},
            Link("/invoices?size=2&offset=2", "GET"),
        ),
        ({"uri": "/invoices"}, Link("/invoices")),
        ({"uri": None, "method": None, "headers": None}, Link()),
        ({"uri": "/a", "headers": [{"key": "K"}]}, Link("/a", headers=(KeyValuePair("K"),))),
        ({}, Link()),
        (None, None),
    ],
)
def test_the_next_page_of_a_page_is_its_next_link(sent, link):
    page = decode.invoice_page(json.dumps({"items": [], "links": {"next": sent}}).encode())

    assert page.next == link


def test_headers_that_are_null_are_none_wherever_links_stand():
    links = {"self": {"uri": "/a", "headers": None}, "next": {"headers": [{"key": "K"}]}}
    part = {"links": links, "invoiceDetails": [{"links": links}, {}]}

    invoice = decoded_invoice(**part, amendments=[part | {"id": "G2", "amendments": [part | {"id": "G3"}]}])

    amendment = invoice.amendments[0]
    read = ResourceLinks(self=Link("/a"), next=Link(headers=(KeyValuePair("K"),)))
    for document in (invoice, amendment, amendment.amendments[0]):
        assert document.links == read
        assert [detail.links for detail in document.invoice_details] == [read, None]


def test_a_member_of_another_kind_is_named_by_its_place_beside_headers_that_are_null():
    with pytest.raises(UpstreamUnreadableError) as raised:
        decoded_invoice(links={"self": {"headers": None}}, taxReceipts=[{"id": "1"}, {"id": 2}])

    assert raised.value.message == "Partner Center's answer cannot be understood (at taxReceipts[1].id)."


def test_items_of_a_page_are_not_whole():
    page = decode.invoice_page((PAYLOADS / "invoices.page.json").read_bytes())

    assert [(invoice.id, invoice.is_whole) for invoice in page.invoices] == [
        ("D09000ZZAC", False),
        ("G900000030", False),
    ]


def test_amendments_of_a_whole_invoice_are_not_whole():
    invoice = decoded_invoice(amendments=[{"id": "G2"}])

    assert (invoice.is_whole, invoice.amendments[0].is_whole) == (True, False)


def test_summaries_are_decoded_member_by_member():
    summaries = decode.invoice_summaries((PAYLOADS / "summaries.two-currencies.json").read_bytes())

    assert summaries == InvoiceSummaries(
        total_count=2,
        items=(
            InvoiceSummary(
                currency_code="NOK",
                balance_amount=Decimal("4821.55"),
                currency_symbol="kr",
                accounting_date=datetime(2024, 6, 1, tzinfo=UTC),
                first_invoice_creation_date=datetime(2016, 5, 4, 12, 30, tzinfo=UTC),
                last_payment_date=datetime(2024, 5, 28, tzinfo=UTC),
                last_payment_amount=Decimal(1000),
                latest_invoice_date=datetime(2024, 5, 8, 4, 0, 0, 123456, UTC),
                details=(
                    InvoiceSummaryDetail(
                        "Recurring",
                        InvoiceSummary(
                            currency_code="NOK",
                            balance_amount=Decimal("821.55"),
                            currency_symbol="kr",
                            accounting_date=datetime(2024, 6, 1, tzinfo=UTC),
                            last_payment_amount=Decimal(0),
                            attributes=ResourceAttributes(object_type="InvoiceSummary"),
                            invoice_type="Recurring",
                        ),
                    ),
                    InvoiceSummaryDetail(
                        "OneTime",
                        InvoiceSummary(currency_code="NOK", balance_amount=Decimal("4000.00"), invoice_type="OneTime"),
                    ),
                ),
                links=ResourceLinks(self=Link("/invoices/summary", "GET")),
                attributes=ResourceAttributes(object_type="InvoiceSummary"),
            ),
            InvoiceSummary(currency_code="INR", balance_amount=Decimal(0)),
        ),
        links=ResourceLinks(self=Link("/invoices/summaries", "GET")),
        attributes=ResourceAttributes(object_type="Collection"),
    )


@pytest.mark.parametrize("count", ["", '"totalCount":null,', '"totalCount":-1,', '"totalCount":2147483648,'])
def test_a_total_count_that_is_none_is_the_number_of_items(count):
    summaries = decode.invoice_summaries(b'{%s"items":[{"currencyCode":"EUR"}]}' % count.encode())

    assert summaries.total_count == 1


def test_parts_of_a_part_are_left_out():
    inner = {"currencyCode": "EUR", "details": [{"invoiceType": "X", "summary": {"currencyCode": "EUR"}}]}
    body = {"items": [{"currencyCode": "EUR", "details": [{"invoiceType": "OneTime", "summary": inner}]}]}
    summaries = decode.invoice_summaries(json.dumps(body).encode())

    assert summaries.items[0].details[0].summary.details == ()


@pytest.mark.parametrize("item", [{}, {"currencyCode": None}, {"currencyCode": "EUR", "details": [{}]}])
def test_a_summary_of_no_currency_or_no_type_is_unreadable(item):
    with pytest.raises(UpstreamUnreadableError):
        decode.invoice_summaries(json.dumps({"items": [item]}).encode())
