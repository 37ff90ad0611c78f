"""What the sandbox knows of an invoice, and what is owed on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gateway.sandbox.amounts import InvoiceType, Part
    from gateway.sandbox.dates import DateShape

DocumentType = Literal["invoice", "void_note", "adjustment_note"]
BillingProvider = Literal["office", "azure", "one_time", "marketplace"]
LineItemType = Literal["billing_line_items", "usage_line_items"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice or, with `amends_of`, an amendment nested in the invoice it amends.

    `details` are the pairs for which line items exist. `date` is aware and UTC; `date_shape` is how this
    invoice writes all its dates.
    """

    id: str
    part: Part
    date: datetime
    date_shape: DateShape
    total_charges: Decimal
    paid_amount: Decimal
    document_type: DocumentType
    state: Literal["active", "void"]
    details: tuple[tuple[BillingProvider, LineItemType], ...]
    tax_receipts: tuple[str, ...] = ()
    amendments: tuple[Invoice, ...] = ()
    amends_of: str | None = None

    @property
    def invoice_type(self) -> InvoiceType:
        return self.part.invoice_type

    @property
    def path_id(self) -> str:
        """The id as Microsoft's links carry it, with the type before it (docs get-invoice-by-id, 2023)."""
        return f"{self.part.invoice_type}-{self.id}"


def outstanding(invoice: Invoice) -> Decimal:
    """What is still owed: nothing once void, else the charges less what was paid.

    Amendments add nothing: what an amendment takes off is booked as paid on the invoice it amends.
    """
    if invoice.state == "void" or invoice.document_type == "void_note":
        return Decimal(0)
    return invoice.total_charges - invoice.paid_amount


def balances(invoices: Iterable[Invoice]) -> dict[Part, Decimal]:
    """The balance of each currency and invoice type: the sum of what is outstanding on its invoices."""
    sums: defaultdict[Part, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        sums[invoice.part] += outstanding(invoice)
    return dict(sums)
