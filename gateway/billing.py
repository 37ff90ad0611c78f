"""What Partner Center knows of a partner's invoices, as frozen values, and the protocol of whoever reads them.

Members are Partner Center's, in snake case. Money is exact (`Decimal`, digits as sent), dates are aware
and UTC or None, lists are tuples and empty where upstream sent none. Which quirks of the wire became
these values is the business of `partner_center.decode`.
"""

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from typing_extensions import override

from gateway.arriving import Arriving
from gateway.line_items import LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation
from gateway.resources import (
    BillingProvider,
    DocumentType,
    InvoiceLineItemType,
    KeyValuePair,
    Link,
    ResourceAttributes,
    ResourceLinks,
    Value,
    letters,
)

__all__ = [
    "EVERYTHING",
    "BillingProvider",
    "DocumentType",
    "Invoice",
    "InvoiceCollection",
    "InvoiceDateWindow",
    "InvoiceDetail",
    "InvoiceLineItemType",
    "InvoiceSource",
    "InvoiceSummaries",
    "InvoiceSummary",
    "InvoiceSummaryDetail",
    "KeyValuePair",
    "Link",
    "ResourceAttributes",
    "ResourceLinks",
    "TaxReceipt",
    "Value",
    "letters",
]


class InvoiceDetail(Value, frozen=True, gc=False):
    """A part of an invoice. Whose part it is, is for whoever asks for its line items, and makes it no other part.

    Attributes:
        invoice_id: of the document that it is a part of; empty where nobody said.
        invoice_currency_code: of that document.
    """

    billing_provider: BillingProvider | None = None
    invoice_line_item_type: InvoiceLineItemType | None = None
    links: ResourceLinks | None = None
    attributes: ResourceAttributes | None = None
    invoice_id: str = ""
    invoice_currency_code: str | None = None

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, InvoiceDetail) and self._said() == other._said()

    @override
    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[Any, ...]:
        return self.billing_provider, self.invoice_line_item_type, self.links, self.attributes


class TaxReceipt(Value, frozen=True, gc=False):
    """A tax receipt.

    Attributes:
        invoice_id: of the invoice that it is a receipt of; empty where an older release has kept it.
    """

    id: str
    created_date: datetime | None = None
    receipt_type: str | None = None
    tax_receipt_pdf_download_link: str | None = None
    invoice_id: str = ""


class Invoice(Value, frozen=True, gc=False):
    """An invoice, or a document that amends one.

    Attributes:
        is_whole: True where upstream's answer by id sent it. Elsewhere (collection, amendments) absence of
            `pdf_download_link` and the billing period's dates says nothing, and the answer by id may have them.
        pdf_download_link_expires_at: when the link ceases to work; None where there is no link.
    """

    id: str
    invoice_date: datetime | None = None
    billing_period_start_date: datetime | None = None
    billing_period_end_date: datetime | None = None
    total_charges: Decimal | None = None
    paid_amount: Decimal | None = None
    currency_code: str | None = None
    currency_symbol: str | None = None
    document_type: DocumentType | None = None
    invoice_type: str | None = None
    state: str | None = None
    program_name: str | None = None
    amends_of: str | None = None
    amendments: tuple["Invoice", ...] = ()
    invoice_details: tuple[InvoiceDetail, ...] = ()
    tax_receipts: tuple[TaxReceipt, ...] = ()
    pdf_download_link: str | None = None
    links: ResourceLinks | None = None
    attributes: ResourceAttributes | None = None
    is_whole: bool = False
    pdf_download_link_expires_at: datetime | None = None


class InvoiceSummary(Value, frozen=True, gc=False):
    """The balance in one currency.

    Attributes:
        invoice_type: set on a summary that is itself a part (`details`), to the type it sums; None on a whole one.
    """

    currency_code: str
    balance_amount: Decimal | None = None
    currency_symbol: str | None = None
    accounting_date: datetime | None = None
    first_invoice_creation_date: datetime | None = None
    last_payment_date: datetime | None = None
    last_payment_amount: Decimal | None = None
    latest_invoice_date: datetime | None = None
    details: tuple["InvoiceSummaryDetail", ...] = ()
    links: ResourceLinks | None = None
    attributes: ResourceAttributes | None = None
    invoice_type: str | None = None


class InvoiceSummaryDetail(Value, frozen=True, gc=False):
    invoice_type: str
    summary: InvoiceSummary


class InvoiceSummaries(Value, frozen=True, gc=False):
    total_count: int
    items: tuple[InvoiceSummary, ...]
    links: ResourceLinks | None = None
    attributes: ResourceAttributes | None = None


class InvoiceCollection:
    """Every invoice of a partner, or every one dated within a window, each id once.

    Args:
        documents: as upstream lists them.

    Attributes:
        documents: each id once.
        invoices: those of them that are items of their own, which documents that amend another are not.
        by_id: all documents, those within `amendments` included, at any depth. It proves presence, never absence.
    """

    __slots__ = ("_orders", "by_id", "documents", "invoices")

    def __init__(self, documents: Iterable[Invoice]) -> None:
        by_id: dict[str, Invoice] = {}
        for document in documents:
            by_id.setdefault(document.id, document)
        self.documents = tuple(by_id.values())
        above = [document for document in self.documents if document.amendments]
        while above:
            for amendment in above.pop().amendments:
                by_id.setdefault(amendment.id, amendment)
                if amendment.amendments:
                    above.append(amendment)
        self.by_id: Mapping[str, Invoice] = by_id
        self.invoices = tuple([document for document in self.documents if document.amends_of is None])
        self._orders: dict[enum.Enum, tuple[Invoice, ...]] = {}

    def in_order(self, order: enum.Enum, key: Callable[[Invoice], Any]) -> tuple[Invoice, ...]:
        """The invoices sorted by a key. Sorted once for each order, since thousands take tens of milliseconds.

        Args:
            order: names the key; always the same key by the same name.
            key: what they are sorted by.
        """
        found = self._orders.get(order)
        if found is None:
            found = self._orders[order] = tuple(sorted(self.invoices, key=key))
        return found


class InvoiceDateWindow(Value, frozen=True, gc=False):
    """The invoices dated on whole days in UTC, so that a filter for an instant finds what others already asked for.

    The window open on both sides is the whole collection.

    Attributes:
        from_day: the first day; None leaves the side open.
        until_day: the first day behind the window; None leaves the side open.
    """

    from_day: date | None = None
    until_day: date | None = None

    @property
    def is_everything(self) -> bool:
        return self.from_day is None and self.until_day is None

    def hull(self, other: "InvoiceDateWindow") -> "InvoiceDateWindow":
        """The smallest window that holds both."""
        return InvoiceDateWindow(
            min(self.from_day, other.from_day) if self.from_day and other.from_day else None,
            max(self.until_day, other.until_day) if self.until_day and other.until_day else None,
        )


EVERYTHING = InvoiceDateWindow()


class InvoiceSource(Protocol):
    """Whoever reads invoices: Partner Center, or a fake of it. One method per REST resource.

    Every method pays each upstream call it makes from `operation.budget`, acts for `operation.caller` alone,
    and raises only `GatewayError`. None of them looks at `operation.deadline`: they may serve others as well.
    """

    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries: ...

    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection: ...

    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        """The invoice by id, `is_whole`; None where upstream says 404."""
        ...

    def invoices_by_id(self, _operation: Operation, _ids: Sequence[str]) -> Arriving[Invoice | None] | None:
        """Several, read together; None where each has to be read by itself."""

    async def line_items(self, operation: Operation, part: LineItemsPart, place: Place) -> LineItemsPage:
        """One page of an invoice's line items, as long as upstream likes, from a place on that a page before named."""
        ...
