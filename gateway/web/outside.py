"""What is told outside of the application: to who never sent a request, or finds no room."""

from typing import Any

from gateway.errors import GatewayError, OverloadedError
from gateway.guids import new_guid
from gateway.web.correlation import complete
from gateway.web.responses import error_response


def answer_outside(error: GatewayError) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """A refusal in the one shape of errors, outside of the application: status, headers, body."""
    correlation_id = new_guid()
    response = error_response(error, correlation_id)
    response.headers["Connection"] = "close"
    complete(response.raw_headers, correlation_id)
    return response.status_code, response.raw_headers, bytes(response.body)


async def no_room(_scope: Any, _receive: Any, send: Any) -> None:
    """The ASGI application of a connection beyond the limit."""
    status, headers, body = answer_outside(OverloadedError("Too many callers are connected."))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
