"""`/graphql`: GraphQL over HTTP, and the playground for browsers."""

import time
from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import BadRequestError, ForbiddenError, GatewayError, OverloadedError
from gateway.execution.executor import Executor
from gateway.execution.explain.explainer import Explainer
from gateway.execution.named_documents import NamedDocuments
from gateway.execution.outcome import Answer
from gateway.identity import Identity
from gateway.operation import Budget, Deadline, Operation
from gateway.web.cache_control import cache_control
from gateway.web.client_caching import KeepableResponse, max_age_s
from gateway.web.drain import Drain
from gateway.web.explaining import explanation
from gateway.web.headers import RequestHeaders
from gateway.web.leaving import until_caller_leaves, watch_of
from gateway.web.media_types import GRAPHQL_RESPONSE, HTML, JSON, preferred
from gateway.web.origins import listed, refuse_foreign_page
from gateway.web.parameters import sends_no_document
from gateway.web.requests import RequestReader
from gateway.web.responses import AnswerResponse, error_response

_ANSWERS = (JSON, GRAPHQL_RESPONSE)
_ANSWERS_AND_PAGE = (*_ANSWERS, HTML)
_METHODS = ("GET", "HEAD", "POST")
_CLIENT_CLOSED_REQUEST = 499  # As nginx counts it; nobody is there to read it.


class Limits(NamedTuple):
    """What one request may take.

    Attributes:
        deadline_s: seconds for an operation.
        upstream_calls: that an operation may make.
        body_bytes: length of a body.
    """

    deadline_s: float
    upstream_calls: int
    body_bytes: int


class GraphQLEndpoint:
    """Answers GraphQL requests, as an ASGI application below `ResponseHeaders`.

    Args:
        executor: runs operations, and keeps their answers.
        documents: has it run those of documents that are sent or named.
        identity: knows callers.
        limits: for each request.
        drain: how far the process is on its way out.
        origins: of other sites' pages that may ask.
        page: what browsers are shown; without one they are callers like any other.
        explainer: explains operations to callers who ask; without one they are refused.
    """

    def __init__(  # noqa: PLR0913 — every part of it, one a line.
        self,
        executor: Executor,
        documents: NamedDocuments,
        identity: Identity,
        limits: Limits,
        *,
        drain: Drain,
        origins: Collection[str] = (),
        page: Callable[[HTTPRequest], Response] | None = None,
        explainer: Explainer | None = None,
    ) -> None:
        self._executor = executor
        self._documents = documents
        self._identity = identity
        self._limits = limits
        self._drain = drain
        self._origins = listed(origins)
        self._page = page
        self._explainer = explainer
        self._reader = RequestReader(limits.body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(scope, receive)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> ASGIApp:
        correlation_id: str = scope["state"]["correlation_id"]
        method: str = scope["method"]
        if method not in _METHODS:
            refusal = BadRequestError(
                "Method Not Allowed. GraphQL is at /graphql.", 405, {"Allow": ", ".join(_METHODS)}
            )
            return error_response(refusal, correlation_id)
        if self._drain.refuses:
            return error_response(OverloadedError("This process is ending: ask again."), correlation_id)
        headers = RequestHeaders(scope["headers"])
        # All of them are one list (RFC 9110, 5.3).
        accept = ", ".join(headers.every(b"accept"))
        # A browser's address bar prefers HTML, and a link's `query` is then for the page's editor.
        if self._page is not None and method != "POST" and preferred(accept, _ANSWERS_AND_PAGE) == HTML:
            return self._page(HTTPRequest(scope))
        media_type = preferred(accept, _ANSWERS)
        try:
            if media_type is None:
                raise BadRequestError(f"This endpoint answers with {GRAPHQL_RESPONSE} or {JSON}.", 406)
            answer = await self._answer(scope, headers, receive, correlation_id)
        except GatewayError as error:
            self._executor.journal.refused(error.code, correlation_id)
            return error_response(error, correlation_id, media_type or JSON)
        return self._told(scope, headers, answer, media_type)

    def _told(self, scope: Scope, headers: RequestHeaders, answer: Answer | None, media_type: str) -> ASGIApp:
        """An answer as a response. Callers may keep what they asked for by GET and the document's name."""
        if answer is None:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        if answer.whole is not None and scope["method"] != "POST" and sends_no_document(scope["query_string"]):
            left_s = max_age_s(answer.whole, self._executor.clock())
            if left_s is not None:
                known, explains = headers.every(b"if-none-match"), self._explainer is not None
                return KeepableResponse(answer.whole, media_type, left_s, known, explains=explains)
        return AnswerResponse(answer, media_type)

    async def _answer(
        self, scope: Scope, headers: RequestHeaders, receive: Receive, correlation_id: str
    ) -> Answer | None:
        """The answer, kept or new; None where the caller left before it was there."""
        begun_s = time.monotonic()
        refuse_foreign_page(headers, self._origins)
        caller = await self._identity.caller(headers.every(b"authorization"))
        # The time that a caller takes to send its body is its own.
        remaining_s = self._limits.deadline_s - (time.monotonic() - begun_s)
        asked = cache_control(headers.every(b"cache-control"))
        explained = headers.get(b"x-gateway-explain")
        if explained is not None and self._explainer is None:
            raise ForbiddenError("Operations are not explained here.")
        with self._reader.incoming(scope, headers, receive) as incoming:
            key = await incoming.key()
            kept = self._executor.kept(caller.scope, key, asked) if explained is None else None
            if kept is not None:
                return kept
            request = incoming.asked(key)
            operation = Operation(
                caller=caller,
                correlation_id=correlation_id,
                deadline=Deadline(time.monotonic() + remaining_s, self._limits.deadline_s),
                budget=Budget(self._limits.upstream_calls),
                cache_control=asked,
            )
            runs = None
            if explained is not None and self._explainer is not None:
                runs = partial(self._explainer.run, explanation(explained))
            work = self._documents.run(request, operation, runs)
            return await until_caller_leaves(receive, work, watch_of(scope))
