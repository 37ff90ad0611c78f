"""Upstream calls that somebody looks at: counted, timed, and each a span that Partner Center is told of."""

import asyncio
import time

import httpx
from typing_extensions import override

from gateway.errors import ForbiddenError, GatewayError, UnauthenticatedError, UpstreamError
from gateway.partner_center.calls import Calls
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.prepared import PreparedRequest
from gateway.partner_center.tries import Call, Tries
from gateway.watching import UNWATCHED, Value, Watch

# What stands for an invoice's path: ids of invoices are not told to whoever reads traces.
_TEMPLATES = {
    "summaries": "/v1/invoices/summaries",
    "invoice": "/v1/invoices/{invoice-id}",
    "invoices": "/v1/invoices",
    "line items": "/v1/invoices/{invoice-id}/lineitems",
    "statement": "/v1/invoices/{invoice-id}/documents/statement",
    "tax receipt": "/v1/invoices/{invoice-id}/receipts/{receipt-id}/documents/statement",
}
_NOT_FOUND = 404


def build_calls(http: DirectClient, *, concurrency: int, watch: Watch) -> Calls:
    """Calls that cost nothing more where nobody looks at them."""
    return Calls(http, concurrency=concurrency) if watch is UNWATCHED else WatchedCalls(http, concurrency, watch)


class WatchedCalls(Calls):
    """Calls that somebody looks at.

    Args:
        http: the process's one client.
        concurrency: calls at once in this process.
        watch: who looks.
    """

    begins_together = False  # A span is that of a whole call.

    def __init__(self, http: DirectClient, concurrency: int, watch: Watch) -> None:
        super().__init__(http, concurrency=concurrency)
        self._watch = watch
        url = http.base_url
        port = url.port or (443 if url.scheme == "https" else 80)
        self._destination: dict[str, Value] = {"server.address": url.host, "server.port": port}

    @override
    async def body(self, request: httpx.Request, call: Call) -> bytes:
        template = _TEMPLATES.get(call.kind, call.kind)
        attributes: dict[str, Value] = {"http.request.method": "GET", "url.template": template, **self._destination}
        begun_s = time.monotonic()
        outcome, status = "cancelled", None
        with self._watch.spans.begin(f"GET {template}", attributes, leaves=True) as span:
            if isinstance(request, PreparedRequest):
                request = request.with_headers(self._watch.spans.headers())
            try:
                body = await super().body(request, call)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                status = _status(error)
                outcome = error.code if isinstance(error, GatewayError) else GatewayError.code
                if status == _NOT_FOUND:
                    outcome = "not_found"
                raise
            else:
                outcome, status = "ok", 200
                return body
            finally:
                if status is not None:
                    span.note("http.response.status_code", status)
                self._watch.counts.upstream_call(call.kind, outcome, time.monotonic() - begun_s)

    @override
    async def _again(self, tries: Tries, first_error: GatewayError) -> bytes:
        self._watch.counts.upstream_retry(tries.call.kind)
        return await super()._again(tries, first_error)


def _status(error: Exception) -> int | None:
    """Upstream's status, where the error tells it; one that slows down may not have been sent at all."""
    if isinstance(error, UpstreamError):
        return error.upstream_status
    if isinstance(error, UnauthenticatedError):
        return 401
    return 403 if isinstance(error, ForbiddenError) else None
