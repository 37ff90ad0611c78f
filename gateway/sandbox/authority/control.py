"""The authority's control endpoint `/_sandbox/`; no credentials are asked for.

* `GET|DELETE requests`: the journal, as the sandbox's, with `grant`, `client` and `scope` of each request.
* `GET|PUT|DELETE faults`: a list of `transport.TokenRule`.
* `GET|PUT|DELETE switches`: `switches.Switches`.
* `GET|POST keys`: `KeyChange`; the keys, published or signing.
* `POST tokens`: `Mint`; `{"access_token", "expires_in", "claims"}`.
* `GET|POST device`: the user codes that wait; `Decision`, `{"user_code"}`.
* `POST|DELETE refresh_tokens`: `RefreshChange`, `{"refresh_token"}` or `{"withdrawn": number}`.
* `POST credentials`: `NewCertificate` (`{"thumbprint"}`) or `NewFederation`, told apart by `kind`.
* `DELETE state`: all of this as it was at first, but for the signing key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox import wire
from gateway.sandbox.authority.addresses import addresses_of
from gateway.sandbox.authority.credentials import FEDERATED_AUDIENCE, Federation
from gateway.sandbox.authority.minting import Mint, app_with_id, minted, user_named
from gateway.sandbox.authority.registry import ADA, GATEWAY, PARTNER_CENTER
from gateway.sandbox.authority.switches import Switches
from gateway.sandbox.authority.transport import TokenRule
from gateway.sandbox.authority.user_grants import UserGrant
from gateway.sandbox.control import PREFIX
from gateway.sandbox.faults import Faults

if TYPE_CHECKING:
    from starlette.requests import Request

    from gateway.sandbox.authority.state import State
    from gateway.sandbox.authority.transport import TokenJournal
    from gateway.sandbox.control import Controls


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is sent to the control endpoint."""


class KeyChange(_Body, frozen=True):
    """A step of a rotation: a key more, the newest signs, the oldest (or `kid`) is published no longer."""

    action: Literal["add", "use_next", "withdraw"]
    kid: str | None = None


class Decision(_Body, frozen=True):
    """What a user says to a device; no `user_code` means the one issued last."""

    action: Literal["approve", "deny"]
    user_code: str | None = None
    user: str = ADA.name


class RefreshChange(_Body, frozen=True):
    """Withdraws a refresh token, a user's, or all; or issues one, as if the user had signed in."""

    action: Literal["withdraw", "issue"]
    token: str | None = None
    user: str | None = None
    client_id: str = GATEWAY.id
    scope: str = f"{PARTNER_CENTER.uri}/.default offline_access openid profile"


class NewCertificate(_Body, frozen=True, tag_field="kind", tag="certificate"):
    """A certificate, as PEM, that an app may sign its assertions with."""

    certificate: str
    client_id: str = GATEWAY.id


class NewFederation(_Body, frozen=True, tag_field="kind", tag="federation"):
    """An issuer whose tokens an app may use as its assertions; without a PEM key the authority signs for it."""

    issuer: str
    subject: str
    audience: str = FEDERATED_AUDIENCE
    public_key: str | None = None
    client_id: str = GATEWAY.id


class ControlEndpoint:
    """One function per path."""

    def __init__(self, state: State, controls: Controls, journal: TokenJournal) -> None:
        self._state = state
        self._controls = controls
        self._journal = journal

    def routes(self) -> list[Route]:
        return [
            Route(f"{PREFIX}requests", self.requests, methods=["GET", "DELETE"]),
            Route(f"{PREFIX}faults", self.faults, methods=["GET", "PUT", "DELETE"]),
            Route(f"{PREFIX}switches", self.switches, methods=["GET", "PUT", "DELETE"]),
            Route(f"{PREFIX}keys", self.keys, methods=["GET", "POST"]),
            Route(f"{PREFIX}tokens", self.tokens, methods=["POST"]),
            Route(f"{PREFIX}device", self.device, methods=["GET", "POST"]),
            Route(f"{PREFIX}refresh_tokens", self.refresh_tokens, methods=["POST", "DELETE"]),
            Route(f"{PREFIX}credentials", self.credentials, methods=["POST"]),
            Route(f"{PREFIX}state", self.state, methods=["DELETE"]),
        ]

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._journal.reset()
            return Response(status_code=204)
        return _json(self._journal.report())

    async def faults(self, request: Request) -> Response:
        if request.method != "GET":
            body = await request.body() if request.method == "PUT" else b"[]"
            self._controls.faults = Faults(msgspec.json.decode(body, type=list[TokenRule]))
        return _json(self._controls.faults.report())

    async def switches(self, request: Request) -> Response:
        if request.method != "GET":
            body = await request.body() if request.method == "PUT" else b"{}"
            self._state.switches = msgspec.json.decode(body, type=Switches)
        return _json(self._state.switches)

    async def keys(self, request: Request) -> Response:
        keys = self._state.keys
        if request.method == "POST":
            change = msgspec.json.decode(await request.body(), type=KeyChange)
            try:
                if change.action == "add":
                    keys.add()
                elif change.action == "use_next":
                    keys.use_next()
                else:
                    keys.withdraw(change.kid)
            except ValueError as error:
                raise msgspec.ValidationError(str(error)) from None
        return _json(keys.report())

    async def tokens(self, request: Request) -> Response:
        mint = msgspec.json.decode(await request.body(), type=Mint)
        return _json(minted(mint, self._state, addresses_of(request)))

    async def device(self, request: Request) -> Response:
        codes = self._state.device_codes
        if request.method == "GET":
            return _json(codes.pending())
        decision = msgspec.json.decode(await request.body(), type=Decision)
        user = user_named(decision.user) if decision.action == "approve" else None
        return _json({"user_code": codes.decide(decision.user_code, user)})

    async def refresh_tokens(self, request: Request) -> Response:
        body = await request.body() if request.method == "POST" else b'{"action":"withdraw"}'
        change = msgspec.json.decode(body, type=RefreshChange)
        tokens = self._state.refresh_tokens
        if change.action == "withdraw":
            return _json({"withdrawn": tokens.withdraw(token=change.token, user=change.user)})
        user = user_named(ADA.name if change.user is None else change.user)
        grant = UserGrant(app_with_id(change.client_id), user, user.amr, change.scope)
        return _json({"refresh_token": tokens.issue(grant, self._state.switches.refresh_token_lifetime_s)})

    async def credentials(self, request: Request) -> Response:
        body = await request.body()
        added: NewCertificate | NewFederation = msgspec.json.decode(body, type=NewCertificate | NewFederation)
        app_id = app_with_id(added.client_id).id
        credentials = self._state.credentials
        try:
            if isinstance(added, NewCertificate):
                return _json({"thumbprint": credentials.add_certificate(app_id, added.certificate)})
            credentials.add_federation(
                Federation(app_id, added.issuer, added.subject, added.audience, added.public_key)
            )
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from None
        return _json({})

    async def state(self, _request: Request) -> Response:
        self._state.reset()
        self._controls.faults = Faults()
        self._journal.reset()
        return Response(status_code=204)


def _json(value: object) -> Response:
    return Response(wire.encode(value), media_type="application/json")
