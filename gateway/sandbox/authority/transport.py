"""Between socket and endpoints: the journal, and the faults that rules ask for."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from starlette.datastructures import Headers
from typing_extensions import override

from gateway.sandbox import wire
from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.forms import Form, basic_credentials
from gateway.sandbox.control import PREFIX
from gateway.sandbox.faults import Rule
from gateway.sandbox.journal import Journal
from gateway.sandbox.transport import Transport, _client_left, _transmit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gateway.sandbox.control import Controls

# By status, what Entra says in a fault without a code; "server_error" for the others.
_USUAL_CODES: Final = {429: 90055, 503: 90033}


class TokenRule(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A rule of `PUT /_sandbox/faults`: the sandbox's, but for its `fault`, which is Entra's error.

    Attributes:
        partner: Called `grant`: only requests for this grant, as the journal names it.
        code: The number after AADSTS, a string; the OAuth error, `suberror` and `claims` follow from it.
    """

    partner: str | None = msgspec.field(default=None, name="grant")
    body: Literal["fault", "html", "empty", "raw"] | None = None

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if self.code is not None and not self.code.isdecimal():
            raise ValueError(f"Not the number of an AADSTS code: {self.code!r}")

    @override
    def _body(self, kind: str, status: int) -> bytes:
        if kind != "fault":
            return super()._body(kind, status)
        code = _USUAL_CODES.get(status, 0) if self.code is None else int(self.code)
        return wire.encode(EntraError(code, self.description).body())


class TokenJournal(Journal):
    """Requests, with what a form says of them, secrets left out."""

    def note(self, scope: Scope, headers: Headers, form: Form) -> int:
        """Notes a request as begun."""
        query = scope["query_string"].decode("latin-1")
        number = self.enter(scope["method"], scope["path"], query, form.grant, headers)
        entry = self._entries[-1]
        entry["grant"] = entry.pop("partner")
        basic = basic_credentials(headers)
        entry["client"] = basic[0] if basic else form.get("client_id")
        entry["scope"] = form.get("scope")
        entry["correlationId"] = headers.get("client-request-id")
        del entry["requestId"]
        return number


class TokenTransport(Transport):
    """ASGI middleware; requests to the control endpoint pass it untouched."""

    def __init__(self, app: ASGIApp, controls: Controls, journal: TokenJournal, seed: int) -> None:
        super().__init__(app, controls, seed)
        self._journal = journal

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = await _body_of(receive)
        form = Form.of(headers, body)
        self._journal.note(scope, headers, form)
        try:
            rule = self._controls.faults.rule_for(scope["path"], form.grant)
            if rule and rule.latency_ms:
                await asyncio.sleep(rule.latency_ms / 1000)
            if rule and rule.hang:
                await _client_left(receive)
                return
            answer = (rule and rule.answer()) or await self._served(scope, _replay(body))
            await _transmit(self._start(answer, headers, rule), answer.body, rule, receive, send)
        finally:
            self._journal.leave()

    @override
    def _service_headers(self, status: int, request_headers: Headers) -> dict[str, str]:
        """Headers of Entra's answers (observed)."""
        return {
            "x-ms-request-id": str(uuid.uuid4()),
            "client-request-id": request_headers.get("client-request-id", str(uuid.uuid4())),
        }


async def _body_of(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body"):
            return body


def _replay(body: bytes) -> Receive:
    """What the endpoint receives, once."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
