"""Partner Center's REST API for invoices: one method per resource."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from typing_extensions import override

from gateway.arriving import Arriving
from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.errors import NotAvailableError, UpstreamError, UpstreamUnreadableError
from gateway.invoice_id import is_one
from gateway.line_items import LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation
from gateway.partner_center import decode, line_item_paging
from gateway.partner_center.calls import Calls
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.decode_line_items import line_items_page
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.gets import COLLECTION, MAX_BODY_BYTES, Gets
from gateway.partner_center.invoices_by_id import invoice_by_id, invoices_by_id
from gateway.partner_center.long_answers import decoded
from gateway.partner_center.paging import PAGE_SIZE, first_page, goes_on, next_page
from gateway.partner_center.pdfs import ACCEPT_PDF, MAX_PDF_BYTES, Pdfs
from gateway.partner_center.watched_calls import build_calls
from gateway.pdf import Pdf, PdfSink, PdfSource
from gateway.watching import UNWATCHED, Watch

MAX_PAGE_BYTES = 32 * 1024**2
MAX_COLLECTION_BYTES = 64 * 1024**2
MAX_PAGES = 100
# Four times what pages of line items have by docs samples (get-invoiceline-items, 2023).
MAX_LINE_ITEMS_BYTES = 4 * 1024**2

# To put 5,000 documents together takes 2 ms.
_MOST_COLLECTED_IN_LOOP = 1000

# How upstream says that it has ended: no document names a status, so either is assumed.
_ENDED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# Billing periods up to March 2025 were served until 2025-04-21 (docs: get-invoiceline-items, 2025).
_EXPORTED = (
    "Partner Center's API v1 does not serve these line items. What the new commerce has billed since April 2025 is "
    "given as an export of Microsoft Graph (reports/partners/billing: reconciliation and usage)."
)


class PartnerCenter(InvoiceSource, PdfSource):
    """Reads invoices and their PDFs from Partner Center, and nothing else.

    Every call is made with the token that `credentials` give for its caller, in the lane of the caller's tenant, at
    most `concurrency` of them at once, and is tried twice where the failure may pass.

    Args:
        http: the process's one client.
        credentials: gives the token that each call carries.
        timeout_s: for one call, waiting for its turn, all tries and a renewed token's included.
        concurrency: calls at once in this process.
        locale: `X-Locale`, or None to leave it to upstream.
        max_pdf_bytes: longest PDF.
        watch: who looks at its calls.
    """

    def __init__(  # noqa: PLR0913 — every part of it, one a line.
        self,
        http: DirectClient,
        credentials: Credentials,
        *,
        timeout_s: float,
        concurrency: int,
        locale: str | None = None,
        max_pdf_bytes: int = MAX_PDF_BYTES,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._calls = build_calls(http, concurrency=concurrency, watch=watch)
        self._pdfs = Pdfs(concurrency=concurrency, max_bytes=max_pdf_bytes)
        self._gets = Gets(http, self._calls, credentials, timeout_s=timeout_s, locale=locale)

    @property
    def calls(self) -> Calls:
        """Those that are under way."""
        return self._calls

    async def aclose(self) -> None:
        await self._calls.aclose()

    @override
    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries:
        body = await self._gets.body(
            operation, "/v1/invoices/summaries", self._gets.call(operation, "summaries", MAX_BODY_BYTES)
        )
        return await decoded(decode.invoice_summaries, body)

    @override
    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        return await invoice_by_id(self._gets, operation, invoice_id)

    @override
    def invoices_by_id(self, operation: Operation, ids: Sequence[str]) -> Arriving[Invoice | None] | None:
        if operation.call_log is not None or not self._calls.begins_together:
            return None
        return invoices_by_id(self._gets, operation, ids)

    @override
    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection:
        """All pages. Ends where upstream names no next page, or one after which none can bring anything new."""
        documents: dict[str, Invoice] = {}
        left_bytes = MAX_COLLECTION_BYTES
        request = first_page(window)
        for number in range(MAX_PAGES):
            asked_at = datetime.now(UTC)
            call = self._gets.call(operation, COLLECTION, min(MAX_PAGE_BYTES, left_bytes), has_begun=number > 0)
            body = await self._gets.body(operation, "/v1/invoices", call, request)
            left_bytes -= len(body)
            page = await decoded(decode.invoice_page, body, asked_at)
            before = len(documents)
            for invoice in page.invoices:
                documents.setdefault(invoice.id, invoice)
            if len(documents) > MAX_PAGES * PAGE_SIZE:
                raise UpstreamUnreadableError("Partner Center names more invoices than the gateway reads.")
            following = next_page(request, page.next, len(documents))
            if following is None or (len(documents) == before and not goes_on(request, following)):
                break
            request = following
        else:
            # Less than everything would make wrong totals.
            raise UpstreamUnreadableError("Partner Center names more pages of invoices than the gateway reads.")
        if len(documents) <= _MOST_COLLECTED_IN_LOOP:
            return InvoiceCollection(documents.values())
        return await asyncio.to_thread(InvoiceCollection, documents.values())

    @override
    async def pdf(self, operation: Operation, pdf: Pdf, sink: PdfSink) -> None:
        call = self._gets.call(
            operation, "statement" if pdf.receipt_id is None else "tax receipt", self._pdfs.max_bytes
        )
        self._calls.check(call.lane)
        get = partial(self._gets.body, operation, accept=ACCEPT_PDF)
        await self._pdfs.pass_on(pdf, sink, call, operation.deadline, get)

    @override
    async def line_items(self, operation: Operation, part: LineItemsPart, place: Place) -> LineItemsPage:
        if not is_one(part.invoice_id):
            return LineItemsPage()
        call = self._gets.call(operation, "line items", MAX_LINE_ITEMS_BYTES)
        request = line_item_paging.request_of(part, place)
        try:
            body = await self._gets.body(operation, f"/v1/invoices/{part.invoice_id}/lineitems", call, request)
        except UpstreamError as error:
            if error.upstream_status in _ENDED and part.provider not in line_item_paging.LEGACY_PROVIDERS:
                raise NotAvailableError(_EXPORTED, error.upstream_status, error.upstream_code) from error
            raise
        return await decoded(partial(line_items_page, part=part, place=place), body)
