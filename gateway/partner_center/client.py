"""Partner Center's REST API for invoices: one method per resource."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import httpx
import stamina
from typing_extensions import override

from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.errors import (
    MfaRequiredError,
    OverloadedError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
    WrongAudienceError,
)
from gateway.invoice_id import is_one
from gateway.operation import Operation
from gateway.partner_center import decode
from gateway.partner_center.answer import raise_failure, read_body
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.paging import first_page, next_page

T = TypeVar("T")

MAX_BODY_BYTES = 1024**2
MAX_PAGE_BYTES = 32 * 1024**2
MAX_COLLECTION_BYTES = 64 * 1024**2
MAX_PAGES = 100

# Above this length an answer is decoded in a thread: it would hold up the event loop for milliseconds.
_MAX_BYTES_DECODED_IN_LOOP = 64 * 1024

# Failures that often pass at once; GETs are safe to repeat. Not 429: "avoid immediate retries because all requests
# accrue against your usage limits" (docs: api-throttling-guidance, 2023).
_PASSING = frozenset({500, 502, 503, 504})


class PartnerCenter(InvoiceSource):
    """Reads invoices from Partner Center, and nothing else.

    Every call is made with the token that `credentials` give for its caller, at most `concurrency` of them at once,
    and is tried twice where the failure may pass.

    Args:
        http: the process's one client.
        credentials: gives the token that each call carries.
        timeout_s: for one call, waiting for its turn and both tries included.
        concurrency: calls at once in this process.
        locale: `X-Locale`, or None to leave it to upstream.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        credentials: Credentials,
        *,
        timeout_s: float,
        concurrency: int,
        locale: str | None = None,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._turn = asyncio.Semaphore(concurrency)
        self._headers = {"X-Locale": locale} if locale else {}

    @override
    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries:
        body = await self._get(operation, "/v1/invoices/summaries", max_bytes=MAX_BODY_BYTES)
        return await _decoded(decode.invoice_summaries, body)

    @override
    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        # Not every id is a caller's, checked at the door: upstream names some, as what an amendment amends.
        if not is_one(invoice_id):
            return None
        try:
            body = await self._get(operation, f"/v1/invoices/{invoice_id}", max_bytes=MAX_BODY_BYTES)
        except UpstreamError as error:
            if error.upstream_status == HTTPStatus.NOT_FOUND:
                return None
            raise
        invoice = await _decoded(decode.invoice, body)
        if invoice.id.casefold() != invoice_id.casefold():
            raise UpstreamUnreadableError("Partner Center answered with another invoice.")
        return invoice

    @override
    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection:
        """All pages. Ends where upstream names no next page, or names one that brings nothing new."""
        documents: dict[str, Invoice] = {}
        left_bytes = MAX_COLLECTION_BYTES
        request = first_page(window)
        for _ in range(MAX_PAGES):
            body = await self._get(
                operation,
                "/v1/invoices",
                max_bytes=min(MAX_PAGE_BYTES, left_bytes),
                parameters=request,
                headers=request.headers,
            )
            left_bytes -= len(body)
            page = await _decoded(decode.invoice_page, body)
            before = len(documents)
            for invoice in page.invoices:
                documents.setdefault(invoice.id, invoice)
            following = next_page(request, page.next, len(documents))
            if following is None or len(documents) == before:
                break
            request = following
        else:
            # Less than everything would make wrong totals.
            raise UpstreamUnreadableError("Partner Center names more pages of invoices than the gateway reads.")
        return await asyncio.to_thread(InvoiceCollection, documents.values())

    async def _get(
        self,
        operation: Operation,
        path: str,
        *,
        max_bytes: int,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of a 200. Any other answer, or none, is a `GatewayError`."""
        operation.budget.spend()
        token = await self._credentials.token(operation.caller)

        def request(bearer: str) -> httpx.Request:
            return self._http.build_request(
                "GET",
                path,
                params=parameters,
                headers={
                    **self._headers,
                    **(headers or {}),
                    "Authorization": f"Bearer {bearer}",
                    # "If there's a timeout, the retry call should include the same value" (docs: headers, 2023).
                    "MS-RequestId": str(uuid.uuid4()),
                    "MS-CorrelationId": operation.correlation_id,
                },
            )

        try:
            return await self._send(request(token), max_bytes)
        except (MfaRequiredError, WrongAudienceError):
            raise  # Another token got the same way is refused the same way.
        except UnauthenticatedError:
            renewed = await self._credentials.token_after(operation.caller, token)
            if renewed is None:
                raise
            operation.budget.spend()
            return await self._send(request(renewed), max_bytes)

    async def _send(self, request: httpx.Request, max_bytes: int) -> bytes:
        """One call: its turn, and a second try where the failure may pass."""
        has_had_turn = False
        try:
            async with asyncio.timeout(self._timeout_s):
                async for attempt in stamina.retry_context(
                    on=_may_pass, attempts=2, wait_initial=0.1, wait_max=0.5, wait_jitter=0.4
                ):
                    with attempt:
                        async with self._turn:
                            has_had_turn = True
                            return await self._try(request, max_bytes)
        except TimeoutError:
            if not has_had_turn:
                raise OverloadedError("The gateway has too many upstream calls to make.") from None
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None
        raise AssertionError("unreachable: the last attempt raises")  # pragma: no cover — for the type checker

    async def _try(self, request: httpx.Request, max_bytes: int) -> bytes:
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.status_code == HTTPStatus.OK:
                    return await read_body(response, max_bytes)
                await raise_failure(response)
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None
        except httpx.RemoteProtocolError:
            raise UpstreamUnreadableError("Partner Center's answer is not valid HTTP.") from None
        except httpx.TransportError:
            raise UpstreamUnavailableError("Partner Center cannot be reached.") from None


def _may_pass(error: Exception) -> bool:
    if isinstance(error, UpstreamUnavailableError):
        return True
    return isinstance(error, UpstreamError) and error.upstream_status in _PASSING


async def _decoded(decoder: Callable[[bytes], T], body: bytes) -> T:
    if len(body) <= _MAX_BYTES_DECODED_IN_LOOP:
        return decoder(body)
    return await asyncio.to_thread(decoder, body)
