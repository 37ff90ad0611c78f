"""Partner Center's REST API for invoices: one method per resource."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import httpx
from typing_extensions import override

from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.errors import (
    MfaRequiredError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamUnreadableError,
    WrongAudienceError,
)
from gateway.guids import new_guid
from gateway.invoice_id import is_one
from gateway.operation import Operation
from gateway.partner_center import decode
from gateway.partner_center.calls import Calls
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.paging import PAGE_SIZE, PageRequest, first_page, goes_on, next_page
from gateway.partner_center.tries import Call

T = TypeVar("T")

# A kind of call that is slow, and good for every query after: once it has begun, no operation's deadline ends it.
_COLLECTION = "invoices"

MAX_BODY_BYTES = 1024**2
MAX_PAGE_BYTES = 32 * 1024**2
MAX_COLLECTION_BYTES = 64 * 1024**2
MAX_PAGES = 100

# To put 5,000 documents together takes 2 ms.
_MOST_COLLECTED_IN_LOOP = 1000

# Above this length an answer is decoded in a thread: it would hold up the event loop for milliseconds.
_MAX_BYTES_DECODED_IN_LOOP = 64 * 1024


class PartnerCenter(InvoiceSource):
    """Reads invoices from Partner Center, and nothing else.

    Every call is made with the token that `credentials` give for its caller, in the lane of the caller's tenant, at
    most `concurrency` of them at once, and is tried twice where the failure may pass.

    Args:
        http: the process's one client.
        credentials: gives the token that each call carries.
        timeout_s: for one call, waiting for its turn, all tries and a renewed token's included.
        concurrency: calls at once in this process.
        locale: `X-Locale`, or None to leave it to upstream.
    """

    def __init__(
        self,
        http: DirectClient,
        credentials: Credentials,
        *,
        timeout_s: float,
        concurrency: int,
        locale: str | None = None,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._calls = Calls(http, concurrency=concurrency)
        self._headers = [(b"X-Locale", locale.encode("ascii"))] if locale else []

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
        asked_at = datetime.now(UTC)
        try:
            body = await self._get(operation, f"/v1/invoices/{invoice_id}", self._call(operation, "invoice"))
        except UpstreamError as error:
            if error.upstream_status == HTTPStatus.NOT_FOUND:
                return None
            raise
        invoice = await _decoded(partial(decode.invoice, asked_at=asked_at), body)
        if invoice.id.casefold() != invoice_id.casefold():
            raise UpstreamUnreadableError("Partner Center answered with another invoice.")
        return invoice

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
            page = await _decoded(partial(decode.invoice_page, asked_at=asked_at), body)
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

    def _call(
        self, operation: Operation, kind: str, max_bytes: int = MAX_BODY_BYTES, *, has_begun: bool = False
    ) -> Call:
        ends_by_s = time.monotonic() + self._timeout_s
        wanted_by_s = operation.deadline.at_s
        return Call(
            lane=operation.caller.scope.lane,
            kind=kind,
            max_bytes=max_bytes,
            deadline_s=ends_by_s if has_begun or ends_by_s < wanted_by_s else wanted_by_s,
            ends_by_s=ends_by_s,
            is_good_later=kind == _COLLECTION,
        )

    async def _get(self, operation: Operation, path: str, call: Call, page: PageRequest | None = None) -> bytes:
        """The body of a 200. Any other answer, or none, is a `GatewayError`."""
        self._calls.check(call.lane)
        operation.budget.spend()
        token = await self._credentials.token(operation.caller)

        try:
            return await self._body(operation, token, path, call, page)
        except (MfaRequiredError, WrongAudienceError):
            raise  # Another token got the same way is refused the same way.
        except UnauthenticatedError:
            renewed = await self._credentials.token_after(operation.caller, token)
            if renewed is None:
                raise
            operation.budget.spend()
            return await self._body(operation, renewed, path, call, page)

    def _body(
        self, operation: Operation, bearer: str, path: str, call: Call, page: PageRequest | None
    ) -> Awaitable[bytes]:
        body = self._calls.body(self._request(operation, bearer, path, page), call)
        if operation.call_log is None:
            return body
        return operation.call_log.noted(path, None if page is None else page["offset"], body)

    def _request(self, operation: Operation, bearer: str, path: str, page: PageRequest | None) -> httpx.Request:
        headers = [
            *self._headers,
            (b"Authorization", f"Bearer {bearer}".encode("ascii")),
            # "If there's a timeout, the retry call should include the same value" (docs: headers, 2023).
            (b"MS-RequestId", new_guid().encode("ascii")),
            (b"MS-CorrelationId", operation.correlation_id.encode("ascii")),
        ]
        if page is not None:
            headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in page.headers.items()]
        return self._http.get_request(path, headers, page)


async def _decoded(decoder: Callable[[bytes], T], body: bytes) -> T:
    if len(body) <= _MAX_BYTES_DECODED_IN_LOOP:
        return decoder(body)
    return await asyncio.to_thread(decoder, body)
