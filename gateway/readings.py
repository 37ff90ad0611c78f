"""How each thing is read and kept: its key, its call, its lifetime, one beside the other."""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.cache import Entity, Key, Reading, is_always_usable, is_refusal
from gateway.errors import ForbiddenError, GatewayError
from gateway.freshness import Windows
from gateway.line_items import LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation

SUMMARIES: Entity[InvoiceSummaries] = Entity("invoice-summaries", InvoiceSummaries)
INVOICE: Entity[Invoice | None] = Entity("invoice", Invoice | None)
INVOICES: Entity[InvoiceCollection] = Entity(
    "invoices",
    tuple[Invoice, ...],
    pack=lambda collection: collection.documents,
    unpack=InvoiceCollection,
    is_large=True,
)
LINE_ITEMS: Entity[LineItemsPage] = Entity("line-items", LineItemsPage, is_large=True)

# Whoever is given a link has at least so long to use it.
_LEFT_OF_PDF_LINK = timedelta(minutes=5)

# "This resource does not support application-only authentication" (docs: error-codes, 2023): by id only, the
# collection is open to the same token.
_BY_ID_REFUSED = "900329"


class Lifetimes(NamedTuple):
    """For how long answers may be served."""

    summaries: Windows
    collection: Windows
    invoice: Windows
    not_found: Windows


class Readings:
    """What there is to be read for an operation.

    Args:
        source: reads it.
        lifetimes: of what is read.
        operation: whose caller's rights stand behind it.
        clock: seconds since the epoch.
    """

    def __init__(
        self, source: InvoiceSource, lifetimes: Lifetimes, operation: Operation, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._lifetimes = lifetimes
        self._operation = operation
        self._clock = clock

    def summaries(self) -> Reading[InvoiceSummaries]:
        return Reading(
            Key(self._operation.caller.scope, SUMMARIES),
            self._source.invoice_summaries,
            lambda _summaries: self._lifetimes.summaries,
        )

    def collection(self, window: InvoiceDateWindow) -> Reading[InvoiceCollection]:
        days = "" if window.is_everything else f"{window.from_day or ''}/{window.until_day or ''}"
        return Reading(
            Key(self._operation.caller.scope, INVOICES, days),
            lambda operation: self._source.invoices(operation, window),
            lambda _collection: self._lifetimes.collection,
            # Slow to read and good for every query after: an operation that gives up does not end it.
            outlives_deadline=True,
        )

    def invoice(self, invoice_id: str, *, needs_pdf_link: bool = False) -> Reading[Invoice | None]:
        """An invoice by id.

        Args:
            invoice_id: which one.
            needs_pdf_link: whether its PDF's link, if it has one, must still work. The link is the only part of an
                invoice that ends before the answer that it came in.
        """
        return Reading(
            Key(self._operation.caller.scope, INVOICE, invoice_id),
            lambda operation: self._source.invoice(operation, invoice_id),
            self._invoice_windows,
            is_usable=self._has_lasting_pdf_link if needs_pdf_link else is_always_usable,
            is_refusal=_is_refusal_by_id,
            together=self._source.invoices_by_id,
        )

    def line_items(self, part: LineItemsPart, place: Place) -> Reading[LineItemsPage]:
        """A page of line items. They are part of their invoice, and so kept for as long."""
        # A token may have any character, and so stands last.
        page = f"{part.invoice_id}/{part.provider}/{part.line_item_type}/{place.offset}/{place.token or ''}"
        return Reading(
            Key(self._operation.caller.scope, LINE_ITEMS, page),
            lambda operation: self._source.line_items(operation, part, place),
            lambda _page: self._lifetimes.invoice,
        )

    def has_ended_pdf_link(self, invoice: Invoice | None) -> bool:
        """Whether an invoice's link ends too soon to be handed out."""
        return invoice is not None and self.pdf_link_until_s(invoice) <= self._clock()

    def _invoice_windows(self, invoice: Invoice | None) -> Windows:
        return self._lifetimes.not_found if invoice is None else self._lifetimes.invoice

    def _has_lasting_pdf_link(self, invoice: Invoice | None) -> bool:
        return not self.has_ended_pdf_link(invoice)

    def pdf_link_until_s(self, invoice: Invoice) -> float:
        """Up to when an invoice's link may be handed out, on the clock; without end where there is none."""
        expires_at = invoice.pdf_download_link_expires_at
        return math.inf if expires_at is None else (expires_at - _LEFT_OF_PDF_LINK).timestamp()


def _is_refusal_by_id(error: GatewayError) -> bool:
    return is_refusal(error) and not is_refused_by_id(error)


def is_refused_by_id(error: GatewayError) -> bool:
    """Whether upstream refuses one invoice by id and may have it in its collection."""
    return isinstance(error, ForbiddenError) and error.upstream_code == _BY_ID_REFUSED
