"""What every response carries: the correlation id, and headers that keep browsers and proxies from guessing."""

import re
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.drain import Drain

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_TAKEN_OVER_FROM = ("MS-CorrelationId", "X-Correlation-Id")


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
        correlation_id = _correlation_id(Headers(scope=scope))
        scope.setdefault("state", {})["correlation_id"] = correlation_id
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                complete(headers, correlation_id)
                if self._drain.begun:
                    headers["Connection"] = "close"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def complete(headers: MutableHeaders, correlation_id: str) -> None:
    """Add what every response carries; of the last two, what stands there already stays."""
    headers["MS-CorrelationId"] = correlation_id
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")


def _correlation_id(headers: Headers) -> str:
    sent = (headers.get(name, "") for name in _TAKEN_OVER_FROM)
    return next((value.lower() for value in sent if _GUID.fullmatch(value)), None) or str(uuid.uuid4())
