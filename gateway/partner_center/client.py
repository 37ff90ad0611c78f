"""Partner Center's REST API for invoices: one method per resource."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import httpx
from typing_extensions import override

from gateway.arriving import Arriving
from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.errors import (
    MfaRequiredError,
    NotAvailableError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamUnreadableError,
    WrongAudienceError,
)
from gateway.guids import new_guid
from gateway.invoice_id import is_one
from gateway.line_items import LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation
from gateway.partner_center import decode, line_item_paging
from gateway.partner_center.calls import Calls
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.decode_line_items import line_items_page
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.first_try import FirstTry
from gateway.partner_center.paging import PAGE_SIZE, PageRequest, first_page, goes_on, next_page
from gateway.partner_center.pdfs import ACCEPT_PDF, MAX_PDF_BYTES, Pdfs
from gateway.partner_center.prepared import Destination
from gateway.partner_center.together import Together
from gateway.partner_center.tries import Call
from gateway.partner_center.watched_calls import build_calls
from gateway.pdf import Pdf, PdfSink, PdfSource
from gateway.watching import UNWATCHED, Watch

T = TypeVar("T")

# A kind of call that is slow, and good for every query after: once it has begun, no operation's deadline ends it.
_COLLECTION = "invoices"

MAX_BODY_BYTES = 1024**2
MAX_PAGE_BYTES = 32 * 1024**2
MAX_COLLECTION_BYTES = 64 * 1024**2
MAX_PAGES = 100
# Four times what pages of line items have by docs samples (get-invoiceline-items, 2023).
MAX_LINE_ITEMS_BYTES = 4 * 1024**2

# To put 5,000 documents together takes 2 ms.
_MOST_COLLECTED_IN_LOOP = 1000

# Above this length an answer is decoded in a thread: it would hold up the event loop for milliseconds.
_MAX_BYTES_DECODED_IN_LOOP = 64 * 1024

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
        self._http = http
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._calls = build_calls(http, concurrency=concurrency, watch=watch)
        self._pdfs = Pdfs(concurrency=concurrency, max_bytes=max_pdf_bytes)
        self._headers = [(b"X-Locale", locale.encode("ascii"))] if locale else []
        self._latest = http.destination(())
        self._latest_of: tuple[str, str, bytes | None] | None = None

    @property
    def calls(self) -> Calls:
        """Those that are under way."""
        return self._calls

    async def aclose(self) -> None:
        await self._calls.aclose()

    @override
    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries:
        body = await self._get(operation, "/v1/invoices/summaries", self._call(operation, "summaries"))
        return await _decoded(decode.invoice_summaries, body)

    @override
    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        # Not every id is a caller's, checked at the door: upstream names some, as what an amendment amends.
        if not is_one(invoice_id):
            return None
        body = self._get(operation, f"/v1/invoices/{invoice_id}", self._call(operation, "invoice"))
        return await _invoice_of(body, invoice_id, datetime.now(UTC))

    @override
    def invoices_by_id(self, operation: Operation, ids: Sequence[str]) -> Arriving[Invoice | None] | None:
        if operation.call_log is not None or not self._calls.begins_together:
            return None
        asked_at = datetime.now(UTC)
        call, token, is_open = self._call(operation, "invoice"), "", False

        async def prepare() -> None:
            nonlocal token, is_open
            self._calls.check(call.lane)
            token = await self._credentials.token(operation.caller)
            is_open = self._calls.is_open(call.lane)

        def begin(place: int, told: Callable[[FirstTry], None]) -> FirstTry | None:
            invoice_id = ids[place]
            if not is_open or not is_one(invoice_id):
                return None
            operation.budget.spend()
            return self._calls.begin(
                self._request(operation, token, f"/v1/invoices/{invoice_id}", None, None), call, told
            )

        def read(place: int, body: bytes) -> Invoice:
            return _the_one(decode.invoice(body, asked_at), ids[place])

        async def whole(place: int, first: FirstTry | None) -> Invoice | None:
            if first is None:
                return await self.invoice(operation, ids[place])
            body = self._calls.end(first.tries, first)
            body = self._renewed(operation, token, f"/v1/invoices/{ids[place]}", call, body)
            return await _invoice_of(body, ids[place], asked_at)

        return Together(len(ids), prepare=prepare, begin=begin, read=read, whole=whole)

    @override
    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection:
        """All pages. Ends where upstream names no next page, or one after which none can bring anything new."""
        documents: dict[str, Invoice] = {}
        left_bytes = MAX_COLLECTION_BYTES
        request = first_page(window)
        for number in range(MAX_PAGES):
            asked_at = datetime.now(UTC)
            call = self._call(operation, _COLLECTION, min(MAX_PAGE_BYTES, left_bytes), has_begun=number > 0)
            body = await self._get(operation, "/v1/invoices", call, request)
            left_bytes -= len(body)
            page = await _decoded(decode.invoice_page, body, asked_at)
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
        call = self._call(operation, "statement" if pdf.receipt_id is None else "tax receipt", self._pdfs.max_bytes)
        self._calls.check(call.lane)
        get = partial(self._get, operation, accept=ACCEPT_PDF)
        await self._pdfs.pass_on(pdf, sink, call, operation.deadline, get)

    @override
    async def line_items(self, operation: Operation, part: LineItemsPart, place: Place) -> LineItemsPage:
        if not is_one(part.invoice_id):
            return LineItemsPage()
        call = self._call(operation, "line items", MAX_LINE_ITEMS_BYTES)
        request = line_item_paging.request_of(part, place)
        try:
            body = await self._get(operation, f"/v1/invoices/{part.invoice_id}/lineitems", call, request)
        except UpstreamError as error:
            if error.upstream_status in _ENDED and part.provider not in line_item_paging.LEGACY_PROVIDERS:
                raise NotAvailableError(_EXPORTED, error.upstream_status, error.upstream_code) from error
            raise
        return await _decoded(partial(line_items_page, part=part, place=place), body)

    def _call(
        self, operation: Operation, kind: str, max_bytes: int = MAX_BODY_BYTES, *, has_begun: bool = False
    ) -> Call:
        ends_by_s = time.monotonic() + self._timeout_s
        wanted_by_s = operation.deadline.at_s
        deadline_s = ends_by_s if has_begun or ends_by_s < wanted_by_s else wanted_by_s
        return Call(operation.caller.scope.lane, kind, max_bytes, deadline_s, ends_by_s, kind == _COLLECTION)

    async def _get(
        self,
        operation: Operation,
        path: str,
        call: Call,
        page: PageRequest | None = None,
        *,
        accept: bytes | None = None,
    ) -> bytes:
        """The body of a 200. Any other answer, or none, is a `GatewayError`."""
        self._calls.check(call.lane)
        operation.budget.spend()
        token = await self._credentials.token(operation.caller)
        body = self._body(operation, token, path, call, page, accept)
        return await self._renewed(operation, token, path, call, body, page, accept)

    async def _renewed(  # noqa: PLR0913, PLR0917 — a request's parts.
        self,
        operation: Operation,
        token: str,
        path: str,
        call: Call,
        body: Awaitable[bytes],
        page: PageRequest | None = None,
        accept: bytes | None = None,
    ) -> bytes:
        """What is awaited; or, where the token is refused and there is another, the body of the call with that."""
        try:
            return await body
        except (MfaRequiredError, WrongAudienceError):
            raise  # Another token got the same way is refused the same way.
        except UnauthenticatedError:
            renewed = await self._credentials.token_after(operation.caller, token)
            if renewed is None:
                raise
            operation.budget.spend()
            return await self._body(operation, renewed, path, call, page, accept)

    def _body(  # noqa: PLR0913, PLR0917 — a request's parts.
        self,
        operation: Operation,
        bearer: str,
        path: str,
        call: Call,
        page: PageRequest | None,
        accept: bytes | None,
    ) -> Awaitable[bytes]:
        body = self._calls.body(self._request(operation, bearer, path, page, accept), call)
        if operation.call_log is None:
            return body
        return operation.call_log.noted(path, None if page is None else page.get("offset"), body)

    def _request(
        self, operation: Operation, bearer: str, path: str, page: PageRequest | None, accept: bytes | None
    ) -> httpx.Request:
        # "If there's a timeout, the retry call should include the same value" (docs: headers, 2023).
        headers = [(b"MS-RequestId", new_guid().encode("ascii"))]
        if page is not None:
            headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in page.headers.items()]
        return self._http.get_request(path, headers, page, destination=self._destination(operation, bearer, accept))

    def _destination(self, operation: Operation, bearer: str, accept: bytes | None) -> Destination:
        """Of an operation's calls, which are made one after the other: the latest is kept."""
        of = (bearer, operation.correlation_id, accept)
        if of != self._latest_of:
            headers = [
                *self._headers,
                (b"Authorization", f"Bearer {bearer}".encode("ascii")),
                (b"MS-CorrelationId", operation.correlation_id.encode("ascii")),
            ]
            self._latest = self._http.destination(headers, accept=accept)
            self._latest_of = of
        return self._latest


async def _decoded(decoder: Callable[..., T], body: bytes, *about: datetime) -> T:
    if len(body) <= _MAX_BYTES_DECODED_IN_LOOP:
        return decoder(body, *about)
    return await asyncio.to_thread(decoder, body, *about)


async def _invoice_of(body: Awaitable[bytes], invoice_id: str, asked_at: datetime) -> Invoice | None:
    """The invoice that was asked for by id; None where upstream says that there is none."""
    try:
        found = await body
    except UpstreamError as error:
        if error.upstream_status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return _the_one(await _decoded(decode.invoice, found, asked_at), invoice_id)


def _the_one(invoice: Invoice, invoice_id: str) -> Invoice:
    if invoice.id.casefold() != invoice_id.casefold():
        raise UpstreamUnreadableError("Partner Center answered with another invoice.")
    return invoice
