"""The baseline's types, as Strawberry's documentation writes them, and how Partner Center's JSON becomes them."""

import datetime as dt
import decimal
import enum
from typing import Any

import strawberry


@strawberry.enum
class DocumentType(enum.Enum):
    NONE = "none"
    INVOICE = "invoice"
    VOID_NOTE = "void_note"
    ADJUSTMENT_NOTE = "adjustment_note"
    RECONCILIATION = "reconciliation"


@strawberry.enum
class BillingProvider(enum.Enum):
    NONE = "none"
    OFFICE = "office"
    AZURE = "azure"
    ONE_TIME = "one_time"
    MARKETPLACE = "marketplace"
    ALL = "all"


@strawberry.enum
class InvoiceLineItemType(enum.Enum):
    NONE = "none"
    USAGE_LINE_ITEMS = "usage_line_items"
    BILLING_LINE_ITEMS = "billing_line_items"


@strawberry.type
class Link:
    uri: str | None
    method: str | None


@strawberry.type
class ResourceLinks:
    self_: Link | None = strawberry.field(name="self")


@strawberry.type
class ResourceAttributes:
    object_type: str | None


@strawberry.type
class InvoiceDetail:
    billing_provider: BillingProvider | None
    invoice_line_item_type: InvoiceLineItemType | None
    links: ResourceLinks | None
    attributes: ResourceAttributes | None


@strawberry.type
class TaxReceipt:
    id: strawberry.ID
    created_date: dt.datetime | None
    receipt_type: str | None
    tax_receipt_pdf_download_link: str | None


@strawberry.type
class Invoice:
    id: strawberry.ID
    invoice_date: dt.datetime | None
    billing_period_start_date: dt.datetime | None
    billing_period_end_date: dt.datetime | None
    total_charges: decimal.Decimal | None
    paid_amount: decimal.Decimal | None
    currency_code: str | None
    currency_symbol: str | None
    document_type: DocumentType | None
    invoice_type: str | None
    state: str | None
    program_name: str | None
    amends_of: str | None
    pdf_download_link: str | None
    amendments: list["Invoice"]
    invoice_details: list[InvoiceDetail]
    tax_receipts: list[TaxReceipt]
    links: ResourceLinks | None
    attributes: ResourceAttributes | None


@strawberry.type
class InvoiceConnection:
    nodes: list[Invoice]
    total_count: int


@strawberry.type
class InvoiceSummary:
    balance_amount: decimal.Decimal | None
    currency_code: str
    currency_symbol: str | None
    accounting_date: dt.datetime | None
    first_invoice_creation_date: dt.datetime | None
    last_payment_date: dt.datetime | None
    last_payment_amount: decimal.Decimal | None
    latest_invoice_date: dt.datetime | None
    details: list["InvoiceSummaryDetail"]
    attributes: ResourceAttributes | None


@strawberry.type
class InvoiceSummaryDetail:
    invoice_type: str
    summary: InvoiceSummary


@strawberry.type
class InvoiceSummaries:
    total_count: int
    items: list[InvoiceSummary]


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    if moment.year == 1:  # "Never", as Partner Center writes it.
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _money(value: Any) -> decimal.Decimal | None:
    return None if value is None else decimal.Decimal(value)


def _links(sent: Any) -> ResourceLinks | None:
    if not sent:
        return None
    link = sent.get("self")
    return ResourceLinks(self_=link and Link(uri=link.get("uri"), method=link.get("method")))


def _attributes(sent: Any) -> ResourceAttributes | None:
    return ResourceAttributes(object_type=sent.get("objectType")) if sent else None


def _detail(sent: Any) -> InvoiceDetail:
    return InvoiceDetail(
        billing_provider=BillingProvider(sent["billingProvider"]),
        invoice_line_item_type=InvoiceLineItemType(sent["invoiceLineItemType"]),
        links=_links(sent.get("links")),
        attributes=_attributes(sent.get("attributes")),
    )


def _receipt(sent: Any) -> TaxReceipt:
    return TaxReceipt(
        id=sent["id"],
        created_date=_instant(sent.get("createdDate")),
        receipt_type=sent.get("receiptType"),
        tax_receipt_pdf_download_link=sent.get("taxReceiptPdfDownloadLink"),
    )


def invoice(sent: Any) -> Invoice:
    return Invoice(
        id=sent["id"],
        invoice_date=_instant(sent.get("invoiceDate")),
        billing_period_start_date=_instant(sent.get("billingPeriodStartDate")),
        billing_period_end_date=_instant(sent.get("billingPeriodEndDate")),
        total_charges=_money(sent.get("totalCharges")),
        paid_amount=_money(sent.get("paidAmount")),
        currency_code=sent.get("currencyCode"),
        currency_symbol=sent.get("currencySymbol"),
        document_type=DocumentType(sent["documentType"]) if sent.get("documentType") else None,
        invoice_type=sent.get("invoiceType"),
        state=sent.get("state"),
        program_name=sent.get("programName"),
        amends_of=sent.get("amendsOf"),
        pdf_download_link=sent.get("pdfDownloadLink"),
        amendments=[invoice(each) for each in sent.get("amendments", [])],
        invoice_details=[_detail(each) for each in sent.get("invoiceDetails", [])],
        tax_receipts=[_receipt(each) for each in sent.get("taxReceipts", [])],
        links=_links(sent.get("links")),
        attributes=_attributes(sent.get("attributes")),
    )


def summary(sent: Any) -> InvoiceSummary:
    return InvoiceSummary(
        balance_amount=_money(sent.get("balanceAmount")),
        currency_code=sent["currencyCode"],
        currency_symbol=sent.get("currencySymbol"),
        accounting_date=_instant(sent.get("accountingDate")),
        first_invoice_creation_date=_instant(sent.get("firstInvoiceCreationDate")),
        last_payment_date=_instant(sent.get("lastPaymentDate")),
        last_payment_amount=_money(sent.get("lastPaymentAmount")),
        latest_invoice_date=_instant(sent.get("latestInvoiceDate")),
        details=[
            InvoiceSummaryDetail(invoice_type=each["invoiceType"], summary=summary(each["summary"]))
            for each in sent.get("details", [])
        ],
        attributes=_attributes(sent.get("attributes")),
    )
