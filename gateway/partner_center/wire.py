"""The shapes that Partner Center sends, as its documents and their samples show them.

A member of a shape is optional unless nothing could be said without it. Unknown members are passed over:
the API gained many without a new version. Dates stay text here and enum values stay as spelled.
"""

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from gateway.billing import KeyValuePair

Date = str | int | float | None
EnumValue = str | int | None
Text = str | None

# What links are read as: `Links`, or at once the values that they become.
AnyLinks = TypeVar("AnyLinks")


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


class InvoiceDetail(Wire, Generic[AnyLinks]):
    invoice_line_item_type: EnumValue = None
    billing_provider: EnumValue = None
    links: AnyLinks | None = None
    attributes: Attributes | None = None


class TaxReceipt(Wire):
    id: str
    created_date: Date = None
    receipt_type: Text = None
    tax_receipt_pdf_download_link: Text = None


class Invoice(Wire, Generic[AnyLinks]):
    """Its members are in about the order of answers: each is looked for behind the one before."""

    id: str
    invoice_date: Date = None
    billing_period_start_date: Date = None
    billing_period_end_date: Date = None
    total_charges: Decimal | None = None
    paid_amount: Decimal | None = None
    currency_code: Text = None
    currency_symbol: Text = None
    pdf_download_link: Text = None
    program_name: Text = None
    invoice_type: Text = None
    document_type: EnumValue = None
    state: Text = None
    tax_receipts: list[TaxReceipt] | None = None
    invoice_details: list[InvoiceDetail[AnyLinks]] | None = None
    amendments: "list[Invoice[AnyLinks]] | None" = None
    amends_of: Text = None
    links: AnyLinks | None = None
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
