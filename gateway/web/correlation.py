"""What every response carries: the correlation id, and headers that keep browsers and proxies from guessing."""

import re
from collections.abc import Awaitable, Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import telemetry
from gateway.guids import new_guid
from gateway.web.drain import Drain

_GUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TAKEN_OVER_FROM = (b"ms-correlationid", b"x-correlation-id")


class ResponseHeaders:
    """Gives each request its correlation id, a GUID, and each response its headers.

    A GUID that the caller sends is taken over; the id stands in `request.state.correlation_id`. Once the process is to
    end, each response ends its connection, so that a load balancer's next request finds another process.
    """

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = _taken_over(scope["headers"]) or new_guid()
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        telemetry.correlation_id.set(correlation_id)

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                complete(headers, correlation_id)
                if self._drain.begun:
                    MutableHeaders(raw=headers)["Connection"] = "close"
            return send(message)

        await self._app(scope, receive, send_with_headers)


def complete(headers: list[tuple[bytes, bytes]], correlation_id: str) -> None:
    """Add what every response carries; of the last two, what stands there already stays.

    Args:
        headers: names in small letters, and values, without the correlation id.
        correlation_id: of the request.
    """
    said = dict(headers)
    headers.append((b"ms-correlationid", correlation_id.encode()))
    if b"cache-control" not in said:
        headers.append((b"cache-control", b"no-store"))
    if b"x-content-type-options" not in said:
        headers.append((b"x-content-type-options", b"nosniff"))


def _taken_over(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    sent = dict(headers)
    for name in _TAKEN_OVER_FROM:
        if name in sent and _GUID.fullmatch(sent[name]):
            return sent[name].decode().lower()
    return None
