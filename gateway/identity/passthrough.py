"""Callers that bring their own Partner Center token, which goes upstream as it is."""

import base64
import binascii
import hashlib
import time
from collections.abc import Sequence

import msgspec

from gateway.caller import Caller, Scope
from gateway.errors import UnauthenticatedError
from gateway.identity.bearer import bearer_token


class Passthrough:
    """Knows a caller by nothing but the token: who holds it may see what was read with it.

    Args:
        cloud: name of the Partner Center cloud.
        anonymous_token: stands for callers who bring none; None refuses them.
    """

    def __init__(self, cloud: str, *, anonymous_token: str | None = None) -> None:
        self._cloud = cloud
        self._anonymous_token = anonymous_token

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
        expires_s = _expiry_s(token)
        if expires_s is not None and expires_s <= time.time():
            raise UnauthenticatedError("This token has expired.")
        # The hash is as long as the token is unguessable; the token itself must not stand in a key.
        identity = "token-" + hashlib.sha256(token.encode()).hexdigest()
        return Caller(Scope(self._cloud, tenant="", identity=identity), token)


class _Claims(msgspec.Struct):
    exp: int | float | None = None


_claims = msgspec.json.Decoder(_Claims)


def _expiry_s(token: str) -> float | None:
    """A JWT's `exp`, unverified: good enough to refuse what upstream would refuse. None where it cannot be read."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 — header, claims, signature (RFC 7519, 3).
        return None
    try:
        claims = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_", validate=True)
        return _claims.decode(claims).exp
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
