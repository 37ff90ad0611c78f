"""Bearer tokens as the sandbox reads them: their claims, never their signatures."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

import msgspec

from gateway.sandbox.error_bodies import RefusedError, fault

# RFC 6750, section 2.1: b64token.
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)

# What may stand in a label: ids, not whatever else a claim can hold.
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Header, claims, signature (RFC 7519, 3).
_JWT_PARTS: Final = 3

_decoder = msgspec.json.Decoder(dict[str, Any])


def bearer_token(authorization: str | None) -> str | None:
    """The token of the header; None where that is missing or no well-formed bearer token."""
    found = _BEARER.fullmatch(authorization or "")
    return found[1] if found else None


def holder(token: str) -> str | None:
    """Tenant and user of a JWT, or tenant and app where it speaks of no user; None where it does not say."""
    claims = _claims(token)
    ids = [str(claims.get("tid")), str(claims.get("oid") or claims.get("appid") or claims.get("azp"))]
    return "/".join(ids) if "None" not in ids and all(map(_ID.fullmatch, ids)) else None


def check(token: str, audience: str) -> None:
    """Refuses what Partner Center refuses, besides signatures (docs and announcements of 2025 and 2026).

    Raises:
        RefusedError: The token is not for that audience, or its user signed in without a second factor. An app's
            token needs none.
    """
    claims = _claims(token)
    if str(claims.get("aud", "")).rstrip("/") != audience.rstrip("/"):
        raise RefusedError(401, fault(401, "900420", "The audience of the token is not accepted."))
    methods = claims.get("amr")
    if claims.get("idtyp") != "app" and not (isinstance(methods, list) and "mfa" in methods):
        raise RefusedError(401, fault(401, "900421", "The token was had without multi-factor authentication."))


def _claims(token: str) -> dict[str, Any]:
    """A JWT's claims; none where it is not one."""
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return {}
    try:
        return _decoder.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
