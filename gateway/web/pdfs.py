"""`/documents`: PDFs, with their caller's own rights, as they come from upstream."""

import time
from collections.abc import Awaitable, Callable, Collection

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.caller import Scope as CallerScope
from gateway.errors import (
    BadRequestError,
    ForbiddenError,
    GatewayError,
    NotCachedError,
    OverloadedError,
    UnauthenticatedError,
)
from gateway.identity import Identity
from gateway.operation import Budget, Deadline, Operation
from gateway.pdf import Pdf, PdfSource, parse
from gateway.telemetry import log
from gateway.web.cache_control import cache_control
from gateway.web.drain import Drain
from gateway.web.graphql import Limits
from gateway.web.headers import RequestHeaders
from gateway.web.leaving import until_caller_leaves, watch_of
from gateway.web.origins import listed, refuse_foreign_page
from gateway.web.pdf_response import PdfResponse
from gateway.web.responses import error_response

_METHODS = ("GET", "HEAD")


class PdfEndpoint:
    """Answers with PDFs, as an ASGI application below `ResponseHeaders` and Starlette's routes.

    Nothing is kept of them: they are large, and asked for once.

    Args:
        source: reads PDFs.
        identity: knows callers.
        limits: for each request; `body_bytes` has no meaning here.
        drain: how far the process is on its way out.
        origins: of other sites' pages that may ask.
        on_refusal: is told of those whom upstream refuses a PDF; what is kept for them is not theirs any more.
    """

    def __init__(  # noqa: PLR0913 — every part of it, one a line.
        self,
        source: PdfSource,
        identity: Identity,
        limits: Limits,
        *,
        drain: Drain,
        origins: Collection[str],
        on_refusal: Callable[[CallerScope], Awaitable[None]],
    ) -> None:
        self._source = source
        self._identity = identity
        self._limits = limits
        self._drain = drain
        self._origins = listed(origins)
        self._on_refusal = on_refusal

    def routes(self) -> list[Route]:
        of_invoice = "/documents/invoices/{invoice}"
        return [Route(f"{of_invoice}/statement", self), Route(f"{of_invoice}/receipts/{{receipt}}", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        correlation_id: str = scope["state"]["correlation_id"]
        try:
            pdf = self._asked_for(scope)
            operation = await self._operation(RequestHeaders(scope["headers"]), correlation_id)
        except GatewayError as error:
            await error_response(error, correlation_id)(scope, receive, send)
            return
        response = PdfResponse(pdf.filename, scope, send)
        # Where its caller leaves, nobody is there to be told.
        await until_caller_leaves(receive, self._answer(operation, pdf, response, receive), watch_of(scope))

    def _asked_for(self, scope: Scope) -> Pdf:
        if scope["method"] not in _METHODS:
            raise BadRequestError("Method Not Allowed. Documents are read.", 405, {"Allow": ", ".join(_METHODS)})
        if self._drain.refuses:
            raise OverloadedError("This process is ending: ask again.")
        return parse(scope["path_params"]["invoice"], scope["path_params"].get("receipt"))

    async def _operation(self, headers: RequestHeaders, correlation_id: str) -> Operation:
        begun_s = time.monotonic()
        refuse_foreign_page(headers, self._origins)
        caller = await self._identity.caller(headers.every(b"authorization"))
        asked = cache_control(headers.every(b"cache-control"))
        if asked.only_if_cached:
            raise NotCachedError
        deadline = Deadline.after(self._limits.deadline_s)
        return Operation(
            caller=caller,
            correlation_id=correlation_id,
            deadline=deadline.resumed(self._limits.deadline_s - (time.monotonic() - begun_s)),
            budget=Budget(self._limits.upstream_calls),
            cache_control=asked,
        )

    async def _answer(self, operation: Operation, pdf: Pdf, response: PdfResponse, receive: Receive) -> None:
        try:
            await self._source.pdf(operation, pdf, response)
            await response.end()
        except GatewayError as error:
            if isinstance(error, UnauthenticatedError | ForbiddenError):
                await self._on_refusal(operation.caller.scope)
            if response.has_begun:
                log.warning("a PDF breaks off", code=error.code)
                await response.break_off()
            else:
                await response.refuse(error_response(error, operation.correlation_id), receive)
