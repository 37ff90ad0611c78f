"""`/graphql`: GraphQL over HTTP, and the playground for browsers."""

import asyncio
import base64
import math
from collections.abc import Callable, Collection, Coroutine
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from gateway.error_codes import HTTP_STATUS
from gateway.errors import BadRequestError, GatewayError, OverloadedError, UnauthenticatedError
from gateway.execution.errors import error_of
from gateway.execution.executor import Executor
from gateway.execution.outcome import Answer
from gateway.identity import Identity
from gateway.operation import Budget, Deadline, Operation
from gateway.web.cache_control import cache_control
from gateway.web.media_types import GRAPHQL_RESPONSE, HTML, JSON, preferred
from gateway.web.origins import refuse_foreign_page
from gateway.web.requests import RequestReader

T = TypeVar("T")

_OK = 200
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
    """Answers GraphQL requests.

    Args:
        executor: runs operations.
        identity: knows callers.
        limits: for each request.
        origins: of other sites' pages that may ask.
        page: what browsers are shown; without one they are callers like any other.
    """

    def __init__(
        self,
        executor: Executor,
        identity: Identity,
        limits: Limits,
        *,
        origins: Collection[str] = (),
        page: Callable[[HTTPRequest], Response] | None = None,
    ) -> None:
        self._page = page
        self._origins = origins
        self._executor = executor
        self._identity = identity
        self._limits = limits
        self._reader = RequestReader(limits.body_bytes)

    async def respond(self, http: HTTPRequest) -> Response:
        if self._page is not None and _wants_page(http):
            return self._page(http)
        media_type = preferred(_accept(http), (JSON, GRAPHQL_RESPONSE))
        try:
            if media_type is None:
                raise BadRequestError(f"This endpoint answers with {GRAPHQL_RESPONSE} or {JSON}.", 406)
            answer = await self._answer(http)
        except GatewayError as error:
            return error_response(error, http.state.correlation_id, media_type or JSON)
        if answer is None:
            return Response(status_code=_CLIENT_CLOSED_REQUEST)
        status = answer.http_status if media_type == GRAPHQL_RESPONSE else _OK
        return Response(answer.body, status, {"Vary": "Accept"}, _with_charset(media_type))

    async def _answer(self, http: HTTPRequest) -> Answer | None:
        """The answer; None where the caller left before it was there."""
        deadline = Deadline.after(self._limits.deadline_s)
        refuse_foreign_page(http.headers, self._origins)
        caller = await self._identity.caller(http.headers.getlist("Authorization"))
        remaining_s = deadline.remaining_s
        async with self._reader.request(http) as request:
            operation = Operation(
                caller=caller,
                correlation_id=http.state.correlation_id,
                # The time that a caller takes to send its body is its own.
                deadline=deadline.resumed(remaining_s),
                budget=Budget(self._limits.upstream_calls),
                cache_control=cache_control(http.headers.getlist("Cache-Control")),
            )
            return await _until_caller_leaves(http, self._executor.run(request, operation))


def _wants_page(http: HTTPRequest) -> bool:
    """A browser's address bar prefers HTML, and a link's `query` is then for the page's editor."""
    return http.method != "POST" and preferred(_accept(http), (JSON, GRAPHQL_RESPONSE, HTML)) == HTML


def _accept(http: HTTPRequest) -> str:
    """All Accept headers, which are one list (RFC 9110, 5.3); empty where there is none."""
    return ", ".join(http.headers.getlist("Accept"))


def error_response(error: GatewayError, correlation_id: str, media_type: str = JSON) -> Response:
    """A refusal before any operation, in the one shape of errors."""
    headers = {"Vary": "Accept"}
    status = HTTP_STATUS[error.code]
    if isinstance(error, BadRequestError):
        status = error.http_status
        headers |= error.headers
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = challenge(error)
    if isinstance(error, OverloadedError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    body = msgspec.json.encode({"errors": [error_of(error, correlation_id)]})
    return Response(body, status, headers, _with_charset(media_type))


def challenge(error: UnauthenticatedError) -> str:
    """The `WWW-Authenticate` of a 401; with what Entra wants to see, as its clients read it.

    Docs: Entra "claims challenges, claims requests and client capabilities": the claims stand in base64.
    """
    if error.claims is None:
        return "Bearer"
    claims = base64.b64encode(error.claims.encode()).decode()
    return f'Bearer error="insufficient_claims", claims="{claims}"'


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8"


async def _closed(http: HTTPRequest) -> None:
    """Returns when the connection is closed. Before that nothing comes but the empty body of a GET."""
    while (await http.receive())["type"] != "http.disconnect":
        pass


async def _until_caller_leaves(http: HTTPRequest, work: Coroutine[Any, Any, T]) -> T | None:
    """The outcome of work; None, and the work cancelled, where the caller closes the connection first."""
    running = asyncio.create_task(work)
    leaving = asyncio.create_task(_closed(http))
    try:
        await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else None
    finally:
        leaving.cancel()
        running.cancel()
        await asyncio.wait((running, leaving))
