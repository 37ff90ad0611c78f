"""From a JWT access token to claims that are true (RFC 8725, RFC 9068)."""

import base64
import binascii
import contextlib
import dataclasses
import re
import time
from collections.abc import Callable, Collection
from typing import Annotated

import jwt
import msgspec

from gateway.errors import ForbiddenError, UnauthenticatedError
from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.signing_keys import Algorithm, KeyId, SigningKey

# Entra's are of 1.5 to 4 KiB.
_MAX_TOKEN_CHARS = 16 * 1024
_LEEWAY_S = 60.0

# Stricter than a bearer token: three parts, none of them empty, no padding (RFC 7515, 2 and 7.1).
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)

_jws = jwt.PyJWS()

_MALFORMED = "This is not an access token that the gateway understands."


@dataclasses.dataclass(frozen=True, slots=True)
class Claims:
    """What an issuer says of a caller.

    Attributes:
        tenant: the tenant's id; empty where the issuer knows none.
        object_id: who it is within the tenant.
        scopes: what a user lets the calling application do.
        roles: what the application or the user was given.
        expires_s: seconds since the epoch.
        is_app_only: True where no user stands behind the token.
    """

    tenant: str
    object_id: str
    scopes: frozenset[str]
    roles: frozenset[str]
    expires_s: float
    is_app_only: bool


class TokenVerifier:
    """Believes tokens of one issuer that are for this gateway and carry its scope or its role.

    Args:
        keys: that issuer's.
        audiences: what `aud` may name; compared to the letter.
        scope: the one that users' tokens need, or None.
        role: the one that does as well, or None.
        clock: seconds since the epoch.

    Raises:
        ValueError: no audience, or neither a scope nor a role.
    """

    def __init__(
        self,
        keys: IssuerKeys,
        *,
        audiences: Collection[str],
        scope: str | None,
        role: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not audiences or not (scope or role):
            raise ValueError("without an audience and a scope or a role, tokens for others would do")
        self._issuer = keys.issuer
        self._keys = keys
        self._audiences = frozenset(audiences)
        self._scope = scope or None
        self._role = role or None
        self._clock = clock

    async def verify(self, token: str) -> Claims:
        """What the token says.

        Raises:
            UnauthenticatedError: it is not to be believed, or not now, or not here.
            ForbiddenError: it carries neither the scope nor the role.
            UpstreamUnavailableError: its key is unknown and the issuer cannot be asked.
        """
        body, key = _signed(token, await self._keys.with_id(_header(token).kid))
        try:
            payload = msgspec.json.decode(body, type=_Payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise UnauthenticatedError(_MALFORMED) from None
        self._check_issuer(payload, key)
        if not self._audiences.intersection([payload.aud] if isinstance(payload.aud, str) else payload.aud):
            raise UnauthenticatedError("This token is not for this gateway.")
        self._check_time(payload)
        claims = self._claims(payload)
        if self._scope not in claims.scopes and self._role not in claims.roles:
            wanted = [f"{kind} {name}" for kind, name in (("scope", self._scope), ("role", self._role)) if name]
            raise ForbiddenError(f"This token does not carry the {' or the '.join(wanted)}.")
        return claims

    def _check_issuer(self, payload: "_Payload", key: SigningKey) -> None:
        if not self._issuer.has_name(payload.iss, payload.tid):
            raise UnauthenticatedError("This token is from an issuer that the gateway does not know.")
        if self._issuer.tenants is not None and payload.tid not in self._issuer.tenants:
            raise UnauthenticatedError("This token is of a tenant that the gateway does not know.")
        if key.issuer is not None and not self._issuer.has_pattern(key.issuer, payload.tid):
            raise UnauthenticatedError("This token is not signed with a key of its issuer.")

    def _check_time(self, payload: "_Payload") -> None:
        now_s = self._clock()
        if payload.exp <= now_s - _LEEWAY_S:
            raise UnauthenticatedError("This token has expired.")
        if payload.nbf is not msgspec.UNSET and payload.nbf > now_s + _LEEWAY_S:
            raise UnauthenticatedError("This token is not valid yet.")

    def _claims(self, payload: "_Payload") -> Claims:
        object_id = payload.oid if self._issuer.is_entra else payload.oid or payload.sub
        if not object_id:
            raise UnauthenticatedError("This token does not say who calls.")
        scopes = frozenset(_listed(payload.scp or payload.scope))
        client = payload.azp or payload.appid or payload.client_id
        # Entra's access tokens name the client; its ID tokens do not, and may carry roles (docs: token claims).
        names_no_client = not (scopes or client or payload.idtyp)
        if self._issuer.is_entra and names_no_client and payload.sub not in ("", object_id):
            raise UnauthenticatedError("This is an ID token; send an access token.")
        return Claims(
            tenant=payload.tid,
            object_id=object_id,
            scopes=scopes,
            roles=frozenset(_listed(payload.roles)),
            expires_s=payload.exp,
            # An application's own token: Entra's has no scope; others' have the client for a subject (RFC 9068, 2.2).
            is_app_only=payload.idtyp == "app" or not scopes or payload.sub == client != "",
        )


class _Header(msgspec.Struct):
    """What the gateway reads of a header. Keys that a token brings along (`jwk`, `jku`, `x5c`, …) are not looked at."""

    alg: Algorithm
    kid: KeyId
    typ: str = "JWT"
    crit: msgspec.UnsetType = msgspec.UNSET  # No extension is understood (RFC 7515, 4.1.11).


# A number, and no later than calendars go: the year 10000.
_Seconds = Annotated[float, msgspec.Meta(ge=0, lt=253_402_300_800)]
_Names = str | list[str]


class _Payload(msgspec.Struct):
    iss: str
    aud: _Names
    exp: _Seconds
    nbf: _Seconds | msgspec.UnsetType = msgspec.UNSET
    tid: str = ""
    oid: str = ""
    sub: str = ""
    scp: _Names = ""
    scope: _Names = ""
    roles: _Names = ""
    azp: str = ""
    appid: str = ""
    client_id: str = ""
    idtyp: str = ""
    # Only ID tokens have these (OpenID Connect Core, 3.3.2.11).
    at_hash: msgspec.UnsetType = msgspec.UNSET
    c_hash: msgspec.UnsetType = msgspec.UNSET


def _header(token: str) -> _Header:
    if len(token) > _MAX_TOKEN_CHARS or not _JWT.fullmatch(token):
        raise UnauthenticatedError(_MALFORMED)
    encoded = token.partition(".")[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), type=_Header)
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnauthenticatedError(_MALFORMED) from None
    # RFC 7519, 5.1, and RFC 9068, 2.1: without regard to case, with or without "application/".
    if header.typ.lower().removeprefix("application/") not in ("jwt", "at+jwt"):
        raise UnauthenticatedError(_MALFORMED)
    return header


def _signed(token: str, keys: Collection[SigningKey]) -> tuple[bytes, SigningKey]:
    """The payload, and the one of several keys by which it is signed."""
    for key in keys:
        # The algorithm is the key's own, whatever the header says.
        with contextlib.suppress(jwt.PyJWTError):
            return _jws.decode(token, key.jwk, [key.algorithm]), key
    raise UnauthenticatedError("This token is not signed with a key of its issuer.")


def _listed(names: _Names) -> list[str]:
    """Several are a list, or words of one text."""
    return names.split() if isinstance(names, str) else names
