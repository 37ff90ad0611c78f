"""The shapes that Partner Center sends, as its documents and their samples show them.

A member of a shape is optional unless nothing could be said without it. Unknown members are passed over:
the API gained many without a new version. Dates stay text here and enum values stay as spelled.
"""

from decimal import Decimal

import msgspec

from gateway.billing import KeyValuePair

Date = str | int | float | None
EnumValue = str | int | None
Text = str | None


class Wire(msgspec.Struct, rename="camel", gc=False):
    """Base of the shapes: camel-case members."""


class Link(Wire):
    uri: Text = None
    method: Text = None
    headers: tuple[KeyValuePair, ...] | None = None


class Links(Wire):
    self: Link | None = None
    next: Link | None = None
    previous: Link | None = None


class Attributes(Wire):
    etag: Text = None
    object_type: Text = None


class InvoiceDetail(Wire):
    billing_provider: EnumValue = None
    invoice_line_item_type: EnumValue = None
    links: Links | None = None
    attributes: Attributes | None = None


class TaxReceipt(Wire):
    id: str
    created_date: Date = None
    receipt_type: Text = None
    tax_receipt_pdf_download_link: Text = None


class Invoice(Wire):
    id: str
    invoice_date: Date = None
    billing_period_start_date: Date = None
    billing_period_end_date: Date = None
    total_charges: Decimal | None = None
    paid_amount: Decimal | None = None
    currency_code: Text = None
    currency_symbol: Text = None
    document_type: EnumValue = None
    invoice_type: Text = None
    state: Text = None
    program_name: Text = None
    amends_of: Text = None
    amendments: "list[Invoice] | None" = None
    invoice_details: list[InvoiceDetail] | None = None
    tax_receipts: list[TaxReceipt] | None = None
    pdf_download_link: Text = None
    links: Links | None = None
    attributes: Attributes | None = None


class InvoiceSummary(Wire):
    currency_code: str
    balance_amount: Decimal | None = None
    currency_symbol: Text = None
    accounting_date: Date = None
    first_invoice_creation_date: Date = None
    last_payment_date: Date = None
    last_payment_amount: Decimal | None = None
    latest_invoice_date: Date = None
    details: "list[InvoiceSummaryDetail] | None" = None
    links: Links | None = None
    attributes: Attributes | None = None


class InvoiceSummaryDetail(Wire):
    invoice_type: str
    summary: InvoiceSummary


class AnyObject(Wire):
    """An object of whatever members."""


class Outline(Wire):
    """A page of items that are objects. Read first, since it takes the least of a page whose items are none."""

    items: list[AnyObject]


class Collection(Wire):
    """A page of items, each left undecoded.

    Decoding item by item lets other threads run in between; one call for 20,000 invoices would not.
    """

    items: list[msgspec.Raw]
    total_count: int | None = None
    links: Links | None = None
    attributes: Attributes | None = None


class LineItems(Collection):
    """The same with upstream's name for the next page, which stands in the link to it, too."""

    continuation_token: Text = None


class Fault(Wire):
    """An error body of Partner Center itself. Those of the gateways before it have no code (error-codes, 2023)."""

    code: EnumValue = None
