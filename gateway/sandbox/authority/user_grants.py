"""What users granted to apps, while it lasts: refresh tokens and authorization codes."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.sandbox.authority.errors import EntraError, missing

if TYPE_CHECKING:
    from gateway.sandbox.authority.draw import Draw
    from gateway.sandbox.authority.registry import App, User


@dataclass(frozen=True, slots=True)
class UserGrant:
    """A user's leave for an app to ask for tokens.

    Attributes:
        amr: How the user signed in.
        scope: What was asked for at the time.
        nonce: For the ID token, where the app sent one.
    """

    app: App
    user: User
    amr: tuple[str, ...]
    scope: str
    nonce: str | None = None


@dataclass(slots=True)
class _Refresh:
    grant: UserGrant
    until: float
    used: bool = False
    withdrawn: bool = False


class RefreshTokens:
    """Refresh tokens that were issued; none is forgotten, so that each gets the refusal it deserves."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._issued: dict[str, _Refresh] = {}

    def issue(self, grant: UserGrant, lifetime_s: int) -> str:
        token = self._draw.code("1.")
        self._issued[token] = _Refresh(grant, time.monotonic() + lifetime_s)
        return token

    def redeem(self, token: str, app: App, *, one_time: bool) -> UserGrant:
        """What the token stands for.

        Args:
            token: As issued.
            app: Who redeems it.
            one_time: Whether a token that was redeemed before is refused.

        Raises:
            EntraError: Never issued, issued to another app, withdrawn, expired, or used.
        """
        refresh = self._issued.get(token)
        if refresh is None:
            raise EntraError(9002313)
        if refresh.grant.app != app:
            raise EntraError(70000, "The refresh token was issued to another client.")
        if refresh.withdrawn:
            raise EntraError(50173)
        if refresh.until <= time.monotonic():
            raise EntraError(700082)
        if one_time and refresh.used:
            raise EntraError(70000, "The refresh token has been used before.")
        refresh.used = True
        return refresh.grant

    def withdraw(self, *, token: str | None = None, user: str | None = None) -> int:
        """Withdraws one token, a user's, or all; returns how many that were still good."""
        chosen = [
            refresh
            for issued, refresh in self._issued.items()
            if token in {None, issued} and user in {None, refresh.grant.user.name} and not refresh.withdrawn
        ]
        for refresh in chosen:
            refresh.withdrawn = True
        return len(chosen)


@dataclass(slots=True)
class _Code:
    grant: UserGrant
    redirect_uri: str
    challenge: str | None
    method: str
    until: float
    redeemed: bool = False


class AuthorizationCodes:
    """Authorization codes, each good once (docs v2-oauth2-auth-code-flow)."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._issued: dict[str, _Code] = {}

    def issue(self, grant: UserGrant, redirect_uri: str, challenge: str | None, method: str, *, lifetime_s: int) -> str:
        """A new code.

        Args:
            grant: What it stands for.
            redirect_uri: Where it is sent, and which has to be named again when it is redeemed.
            challenge: PKCE's (RFC 7636); None where the client sent none.
            method: `S256` or `plain`.
            lifetime_s: How long it may be redeemed.
        """
        code = self._draw.code("1.")
        self._issued[code] = _Code(grant, redirect_uri, challenge, method, time.monotonic() + lifetime_s)
        return code

    def redeem(self, code: str, app: App, redirect_uri: str, verifier: str | None) -> UserGrant:
        """What the code stands for.

        Raises:
            EntraError: Never issued, issued to another app or address, expired, redeemed, or a wrong verifier.
        """
        issued = self._issued.get(code)
        if issued is None or issued.grant.app != app:
            raise EntraError(70000, "The provided value for the input parameter 'code' is not valid.")
        if issued.redirect_uri != redirect_uri:
            raise EntraError(50011, "The reply address does not match that of the authorization request.")
        if issued.redeemed:
            raise EntraError(54005)
        if issued.until <= time.monotonic():
            raise EntraError(70008)
        if issued.challenge is not None:
            if not verifier:
                raise missing("code_verifier")
            if _challenge(verifier, issued.method) != issued.challenge:
                raise EntraError(501481)
        issued.redeemed = True
        return issued.grant


def _challenge(verifier: str, method: str) -> str:
    if method == "plain":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
