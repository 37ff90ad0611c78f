"""Values as Partner Center's JSON: names, nesting and omissions of the documented payloads.

A member without a value is left out, never null (docs get-a-collection-of-invoices, get-invoice-by-id, 2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.sandbox import dates
from gateway.sandbox.amounts import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.sandbox.invoices import BillingProvider, Invoice, LineItemType
    from gateway.sandbox.summaries import Summary

JSON = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")

# In a link providers and types have no underscore (docs get-a-collection-of-invoices, 2023).
_IN_LINKS: Final[dict[str, str]] = {
    "office": "Office",
    "azure": "Azure",
    "one_time": "OneTime",
    "marketplace": "Marketplace",
    "billing_line_items": "BillingLineItems",
    "usage_line_items": "UsageLineItems",
}


def encode(value: Any) -> bytes:
    """JSON; an amount is a number with every digit it has, never by way of a float."""
    return _ENCODER.encode(value)


def link(uri: str, headers: Sequence[tuple[str, str]] = ()) -> JSON:
    return {"uri": uri, "method": "GET", "headers": [{"key": key, "value": value} for key, value in headers]}


def collection(items: Iterable[bytes], count: int, links: JSON, *, token: str | None = None) -> bytes:
    """A page of encoded items. `totalCount` counts this page alone (docs get-a-collection-of-invoices)."""
    head = {} if token is None else {"continuationToken": token}
    opening = encode(head | {"totalCount": count})[:-1]
    closing = encode({"links": links, "attributes": {"objectType": "Collection"}})[1:]
    return b"".join((opening, b',"items":[', b",".join(items), b"],", closing))


def invoice_item(invoice: Invoice) -> JSON:
    """The invoice as the collection has it: without the download link and the billing period."""
    body = _amendment(invoice) if invoice.amends_of else _head(invoice)
    if invoice.tax_receipts:
        body["taxReceipts"] = [
            {"id": receipt, "taxReceiptPdfDownloadLink": _receipt_path(invoice, receipt)}
            for receipt in invoice.tax_receipts
        ]
    body["invoiceDetails"] = [
        {
            "invoiceLineItemType": line_item_type,
            "billingProvider": provider,
            "links": {"self": link(line_items_path(invoice, provider, line_item_type))},
            "attributes": {"objectType": "InvoiceDetail"},
        }
        for provider, line_item_type in invoice.details
    ]
    if invoice.amendments:
        body["amendments"] = [_amendment(amendment) for amendment in invoice.amendments]
    body["links"] = {"self": link(f"/invoices/{invoice.path_id}")}
    return body


def invoice_by_id(invoice: Invoice) -> JSON:
    """The invoice as it is read by its id: with all three members that the collection leaves out."""
    start, end = dates.month_of(invoice.date)
    return invoice_item(invoice) | {
        "billingPeriodStartDate": dates.write(start, invoice.date_shape),
        "billingPeriodEndDate": dates.write(end, invoice.date_shape),
        "pdfDownloadLink": f"/invoices/{invoice.id}/documents/statement",
    }


def with_unknown_enums(body: JSON) -> JSON:
    """The invoice's JSON with values of tomorrow; one such broke Partner-Center-PowerShell (issue 104)."""
    details = [
        detail | {"billingProvider": "prepaid_credit", "invoiceLineItemType": "forecast_line_items"}
        for detail in body["invoiceDetails"]
    ]
    return body | {"documentType": "rebill_note", "invoiceType": "Prepaid", "invoiceDetails": details}


def line_items_path(invoice: Invoice, provider: BillingProvider, line_item_type: LineItemType) -> str:
    return f"/invoices/{invoice.path_id}/lineitems/{_IN_LINKS[provider]}/{_IN_LINKS[line_item_type]}"


def summaries(all_summaries: Iterable[Summary]) -> JSON:
    items = [summary(each) for each in all_summaries]
    return {
        "totalCount": len(items),
        "items": items,
        "links": {"self": link("/invoices/summaries")},
        "attributes": {"objectType": "Collection"},
    }


def summary(value: Summary) -> JSON:
    """A currency's summary; those of its invoice types have neither details nor links."""
    return _plain_summary(value) | {
        "details": [
            {"invoiceType": invoice_type, "summary": _plain_summary(detail)} for invoice_type, detail in value.details
        ],
        "links": {"self": link("/invoices/summary")},
    }


def _plain_summary(value: Summary) -> JSON:
    return {
        "balanceAmount": value.balance_amount,
        "currencyCode": value.currency,
        "currencySymbol": SYMBOLS[value.currency],
        "accountingDate": value.accounting_date,
        "firstInvoiceCreationDate": value.first_invoice_creation_date,
        "lastPaymentDate": value.last_payment_date,
        "lastPaymentAmount": value.last_payment_amount,
        "latestInvoiceDate": value.latest_invoice_date,
        "attributes": {"objectType": "InvoiceSummary"},
    }


def _head(invoice: Invoice) -> JSON:
    currency = invoice.part.currency
    body = {
        "id": invoice.id,
        "invoiceDate": dates.write(invoice.date, invoice.date_shape),
        "totalCharges": invoice.total_charges,
        "paidAmount": invoice.paid_amount,
        "currencyCode": currency,
        "currencySymbol": SYMBOLS[currency],
        "documentType": invoice.document_type,
        "invoiceType": invoice.invoice_type,
        "attributes": {"objectType": "Invoice"},
    }
    if invoice.invoice_type == "OneTime":
        # Newer than the samples (REST reference, get-invoice-by-id): assumed absent on legacy invoices.
        body["state"] = invoice.state
        body["programName"] = "CSP"
    return body


def _amendment(amendment: Invoice) -> JSON:
    """Nested amendments have no links, download link or receipts, nor have their details any links."""
    return _head(amendment) | {
        "invoiceDetails": [
            {
                "invoiceLineItemType": line_item_type,
                "billingProvider": provider,
                "attributes": {"objectType": "InvoiceDetail"},
            }
            for provider, line_item_type in amendment.details
        ],
        "amendsOf": amendment.amends_of,
    }


def _receipt_path(invoice: Invoice, receipt: str) -> str:
    return f"/invoices/{invoice.id}/receipts/{receipt}/documents/statement"
