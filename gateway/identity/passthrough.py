"""Callers that bring their own Partner Center token, which goes upstream as it is."""

import base64
import binascii
import hashlib
import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from gateway.caller import Caller, Scope
from gateway.errors import UnauthenticatedError
from gateway.identity.bearer import bearer_token

# To know a caller again costs less than half. They take some 500 bytes each.
_MOST_REMEMBERED = 1024


class _Token(NamedTuple):
    """What is known of a token, without the token."""

    scope: Scope
    expires_s: float


class Passthrough:
    """Knows a caller by nothing but the token: who holds it may see what was read with it.

    Args:
        cloud: name of the Partner Center cloud.
        anonymous_token: stands for callers who bring none; None refuses them.
    """

    def __init__(self, cloud: str, *, anonymous_token: str | None = None) -> None:
        self._cloud = cloud
        self._anonymous_token = anonymous_token
        self._known: dict[bytes, _Token] = {}

    async def caller(self, authorization: Sequence[str]) -> Caller:
        """Who calls.

        Args:
            authorization: every Authorization header's value.

        Raises:
            UnauthenticatedError: no token, no usable token, or one whose readable `exp` has passed.
        """
        token = bearer_token(authorization) or self._anonymous_token
        if token is None:
            raise UnauthenticatedError("Send a Partner Center access token: Authorization: Bearer …")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest) or self._learn(digest, token)
        if known.expires_s <= time.time():
            raise UnauthenticatedError("This token has expired.")
        return Caller(known.scope, token)

    def _learn(self, digest: bytes, token: str) -> _Token:
        if len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        # The hash is as long as the token is unguessable; the token itself must not stand in a key.
        known = _Token(Scope(self._cloud, tenant="", identity=f"token-{digest.hex()}"), _expiry_s(token))
        self._known[digest] = known
        return known


class _Claims(msgspec.Struct):
    exp: int | float | None = None


_claims = msgspec.json.Decoder(_Claims)


def _expiry_s(token: str) -> float:
    """A JWT's `exp`, unverified: good enough to refuse what upstream would refuse. Never where it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 — header, claims, signature (RFC 7519, 3).
        return math.inf
    try:
        claims = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True)
        expires_s = _claims.decode(claims).exp
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return math.inf
    return math.inf if expires_s is None else expires_s
