"""What answers and refusals are as HTTP responses."""

import base64
import math

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.error_codes import HTTP_STATUS
from gateway.errors import BadRequestError, GatewayError, OverloadedError, RateLimitedError, UnauthenticatedError
from gateway.execution.errors import error_of
from gateway.execution.outcome import Answer
from gateway.web.media_types import GRAPHQL_RESPONSE, JSON

_OK = 200


class AnswerResponse:
    """An operation's answer as an ASGI application, which Starlette's `Response` is at twice the cost.

    Args:
        answer: the operation's.
        media_type: of the body; it decides on the status, too.
    """

    __slots__ = ("_answer", "_media_type")

    def __init__(self, answer: Answer, media_type: str) -> None:
        self._answer = answer
        self._media_type = media_type

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body, http_status = self._answer.body, self._answer.http_status
        await send(
            {
                "type": "http.response.start",
                "status": http_status if self._media_type == GRAPHQL_RESPONSE else _OK,
                "headers": [_VARY, _CONTENT_TYPE[self._media_type], (b"content-length", b"%d" % len(body))],
            }
        )
        await send({"type": "http.response.body", "body": body})


def error_response(error: GatewayError, correlation_id: str, media_type: str = JSON) -> Response:
    """A refusal before any operation, in the one shape of errors."""
    headers = {"Vary": "Accept"}
    status = HTTP_STATUS[error.code]
    if isinstance(error, BadRequestError):
        status = error.http_status
        headers |= error.headers
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = challenge(error)
    if isinstance(error, OverloadedError | RateLimitedError):
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


def content_type(media_type: str) -> tuple[bytes, bytes]:
    """The header of an answer."""
    return _CONTENT_TYPE[media_type]


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8"


_VARY = (b"vary", b"Accept")
_CONTENT_TYPE = {
    media_type: (b"content-type", _with_charset(media_type).encode()) for media_type in (JSON, GRAPHQL_RESPONSE)
}
