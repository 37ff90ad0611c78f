"""Partner Center's answers become billing values. Pure: bytes in, values out, every quirk of the wire dealt with."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from gateway import billing
from gateway.invoice_id import canonical
from gateway.partner_center import wire
from gateway.partner_center.amounts import amount
from gateway.partner_center.enums import member
from gateway.partner_center.envelope import (
    UNREADABLE,
    items_of,
    page_of,
    plain,
    to_attributes,
    to_links,
    unreadable,
    without_bom,
)
from gateway.partner_center.instants import instant

_invoice = msgspec.json.Decoder(wire.Invoice)
_invoice_summary = msgspec.json.Decoder(wire.InvoiceSummary)
_collection = msgspec.json.Decoder(wire.Collection)
_fault = msgspec.json.Decoder(wire.Fault)

_FAULT_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}", re.ASCII)
_INT32_MAX = 2**31 - 1
# "Expires in 30 minutes" (docs: invoice resources, pdfDownloadLink, 2023).
_PDF_LINK_LIFETIME = timedelta(minutes=30)


class InvoicePage(NamedTuple):
    """One answer of the invoice collection.

    Attributes:
        invoices: its items, in upstream's order.
        next: where upstream says the next page is; None on the last one.
    """

    invoices: tuple[billing.Invoice, ...]
    next: billing.Link | None


def invoice(body: bytes, asked_at: datetime | None = None) -> billing.Invoice:
    """An answer of `GET /v1/invoices/{id}`, and when it was asked for; without it, just now."""
    expires_at = (asked_at or datetime.now(UTC)) + _PDF_LINK_LIFETIME
    try:
        return _to_invoice(_invoice.decode(plain(body)), expires_at, is_whole=True)
    except UNREADABLE as error:
        raise unreadable(error) from error


def invoice_page(body: bytes, asked_at: datetime | None = None) -> InvoicePage:
    """An answer of `GET /v1/invoices`, and when it was asked for; without it, just now."""
    page = page_of(body, _collection)
    expires_at = (asked_at or datetime.now(UTC)) + _PDF_LINK_LIFETIME
    invoices = items_of(page, lambda item: _to_invoice(_invoice.decode(item), expires_at, is_whole=False))
    links = to_links(page.links)
    return InvoicePage(invoices, links.next if links else None)


def invoice_summaries(body: bytes) -> billing.InvoiceSummaries:
    """An answer of `GET /v1/invoices/summaries`."""
    page = page_of(body, _collection)
    items = items_of(page, lambda item: _to_invoice_summary(_invoice_summary.decode(item)))
    count = page.total_count
    return billing.InvoiceSummaries(
        total_count=count if count is not None and 0 <= count <= _INT32_MAX else len(items),
        items=items,
        links=to_links(page.links),
        attributes=to_attributes(page.attributes),
    )


def fault_code(body: bytes) -> str | None:
    """Partner Center's error code in a failure's body; None in other bodies: API Management's, ASP.NET's, HTML."""
    try:
        code = _fault.decode(without_bom(body)).code
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return str(code) if code is not None and _FAULT_CODE.fullmatch(str(code)) else None


def _to_id(text: str) -> str:
    if not (invoice_id := canonical(text)):
        raise ValueError("an empty id")
    return invoice_id


def _to_invoice_detail(detail: wire.InvoiceDetail, invoice_id: str, currency_code: str | None) -> billing.InvoiceDetail:
    return billing.InvoiceDetail(
        member(billing.BillingProvider, detail.billing_provider),
        member(billing.InvoiceLineItemType, detail.invoice_line_item_type),
        to_links(detail.links),
        to_attributes(detail.attributes),
        invoice_id,
        currency_code,
    )


def _to_tax_receipt(receipt: wire.TaxReceipt, invoice_id: str) -> billing.TaxReceipt:
    return billing.TaxReceipt(
        id=receipt.id,
        created_date=instant(receipt.created_date),
        receipt_type=receipt.receipt_type,
        tax_receipt_pdf_download_link=receipt.tax_receipt_pdf_download_link,
        invoice_id=invoice_id,
    )


def _to_invoice(sent: wire.Invoice, link_expires_at: datetime, *, is_whole: bool) -> billing.Invoice:
    # Amendments are partial wherever they stand, without links, receipts or PDF (docs sample
    # get-a-collection-of-invoices, 2023).
    amendments = (
        tuple([_to_invoice(part, link_expires_at, is_whole=False) for part in sent.amendments])
        if sent.amendments
        else ()
    )
    invoice_id = _to_id(sent.id)
    # In the order of the members: so many by their names take 1.5 µs more, which is a tenth of it all.
    return billing.Invoice(
        invoice_id,
        instant(sent.invoice_date),
        instant(sent.billing_period_start_date),
        instant(sent.billing_period_end_date),
        amount(sent.total_charges),
        amount(sent.paid_amount),
        sent.currency_code,
        sent.currency_symbol,
        member(billing.DocumentType, sent.document_type),
        sent.invoice_type,
        sent.state,
        sent.program_name,
        canonical(sent.amends_of) or None if sent.amends_of else None,
        amendments,
        tuple([_to_invoice_detail(part, invoice_id, sent.currency_code) for part in sent.invoice_details])
        if sent.invoice_details
        else (),
        tuple([_to_tax_receipt(receipt, invoice_id) for receipt in sent.tax_receipts]) if sent.tax_receipts else (),
        sent.pdf_download_link,
        to_links(sent.links),
        to_attributes(sent.attributes),
        is_whole,
        None if sent.pdf_download_link is None else link_expires_at,
    )


def _to_invoice_summary(summary: wire.InvoiceSummary, invoice_type: str | None = None) -> billing.InvoiceSummary:
    details = summary.details if invoice_type is None else None  # A part has no parts.
    return billing.InvoiceSummary(
        currency_code=summary.currency_code,
        balance_amount=amount(summary.balance_amount),
        currency_symbol=summary.currency_symbol,
        accounting_date=instant(summary.accounting_date),
        first_invoice_creation_date=instant(summary.first_invoice_creation_date),
        last_payment_date=instant(summary.last_payment_date),
        last_payment_amount=amount(summary.last_payment_amount),
        latest_invoice_date=instant(summary.latest_invoice_date),
        details=tuple(
            [
                billing.InvoiceSummaryDetail(part.invoice_type, _to_invoice_summary(part.summary, part.invoice_type))
                for part in details or ()
            ]
        ),
        links=to_links(summary.links),
        attributes=to_attributes(summary.attributes),
        invoice_type=invoice_type,
    )
