"""Between socket and endpoints: journal, faults, Microsoft's headers, byte order marks, cuts and hangs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers

from gateway.sandbox.control import PREFIX
from gateway.sandbox.faults import Answer
from gateway.sandbox.partners import label_of_authorization

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gateway.sandbox.control import Controls
    from gateway.sandbox.faults import Rule

# Where endpoints find the label of the caller's partner: a key of the scope.
PARTNER: Final = "sandbox.partner"

_BOM: Final = b"\xef\xbb\xbf"

# A dripping body goes out in pieces at this interval, in seconds.
_DRIP_INTERVAL: Final = 0.05


class Transport:
    """ASGI middleware over the endpoints; requests to the control endpoint pass it untouched.

    Answers are taken whole from the endpoints and then sent as the request's rule says. Cuts and hangs need a
    real server: there is no connection to close when an ASGI application is called directly.
    """

    def __init__(self, app: ASGIApp, controls: Controls, seed: int) -> None:
        self._app = app
        self._controls = controls
        self._seed = seed
        self._answers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        partner = scope[PARTNER] = label_of_authorization(headers.get("authorization"))
        journal = self._controls.journal
        query = scope["query_string"].decode("latin-1")
        number = journal.enter(scope["method"], scope["path"], query, partner, headers)
        try:
            rule = self._controls.faults.rule_for(scope["path"], partner)
            if rule and rule.latency_ms:
                await asyncio.sleep(rule.latency_ms / 1000)
            if rule and rule.hang:
                await _client_left(receive)
                return
            answer = (rule and rule.answer()) or self._marked(number, await self._served(scope, receive))
            await _transmit(self._start(answer, headers, rule), answer.body, rule, receive, send)
        finally:
            journal.leave()

    async def _served(self, scope: Scope, receive: Receive) -> Answer:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        start, *bodies = messages
        return Answer(
            status=start["status"],
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]),
            body=b"".join(message.get("body", b"") for message in bodies),
            of_service=True,
        )

    def _marked(self, number: int, answer: Answer) -> Answer:
        """The answer, with a byte order mark if it is JSON and its turn; a test can foresee the turn."""
        bom = self._controls.quirks.bom
        is_json = not answer.body.startswith(b"%PDF")
        if is_json and (bom == "always" or (bom == "some" and number % 3 == 0)):
            return Answer(answer.status, answer.headers, _BOM + answer.body, answer.of_service)
        return answer

    def _start(self, answer: Answer, request_headers: Headers, rule: Rule | None) -> Message:
        headers = dict(answer.headers)
        if answer.of_service:
            headers |= self._service_headers(answer.status, request_headers)
        headers["content-length"] = str(len(answer.body))
        for name, value in (rule.added_headers() if rule else {}).items():
            headers[name.lower()] = value
        return {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }

    def _service_headers(self, status: int, request_headers: Headers) -> dict[str, str]:
        """Headers of documented answers, with lower-case names (docs get-invoice-summaries and others)."""
        self._answers += 1
        digest = hashlib.sha256(f"{self._seed}:{self._answers}".encode()).digest()
        echo = request_headers if self._controls.quirks.echo_ids else Headers()
        correlation_id = echo.get("ms-correlationid") or str(uuid.UUID(bytes=digest[:16], version=4))
        headers = {
            "ms-correlationid": correlation_id,
            "ms-requestid": echo.get("ms-requestid") or str(uuid.UUID(bytes=digest[16:], version=4)),
            "ms-cv": f"{base64.b64encode(digest[:12]).decode()}.0",
            "ms-serverid": "101020304",
            "x-locale": request_headers.get("x-locale") or "en-US",
        }
        if status == 401:  # noqa: PLR2004  # Unauthorized; the docs (error-codes, 2023) give this header with it.
            headers["www-authenticate"] = f"OAuth realm=urn:cpsvc:cpid:{correlation_id}"
        return headers


async def _transmit(start: Message, body: bytes, rule: Rule | None, receive: Receive, send: Send) -> None:
    await send(start)
    cut = rule.cut if rule else None
    shown = body if cut is None else body[:cut]
    if rule and rule.drip_bytes_per_s:
        await _drip(shown, rule.drip_bytes_per_s, receive, send)
        shown = b""
    # A server closes the connection of an application that returns before its answer is complete.
    await send(_body(shown, more=cut is not None))


async def _drip(body: bytes, bytes_per_s: int, receive: Receive, send: Send) -> None:
    """Sends the body at that speed, until its end or the client's leaving."""
    leaving = asyncio.create_task(_client_left(receive))
    size = max(1, int(bytes_per_s * _DRIP_INTERVAL))
    try:
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            await send(_body(piece, more=True))
            left, _ = await asyncio.wait({leaving}, timeout=len(piece) / bytes_per_s)
            if left:
                break
    finally:
        leaving.cancel()


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(piece: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": piece, "more_body": more}
