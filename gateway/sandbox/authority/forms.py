"""Forms that were posted, and the names of the grants they ask for."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_plus

from gateway.sandbox.authority.errors import missing

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.requests import Request

# By grant_type, how the journal and the faults call it.
GRANTS: Final = {
    "client_credentials": "client_credentials",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "on_behalf_of",
    "refresh_token": "refresh_token",
    "authorization_code": "authorization_code",
    "urn:ietf:params:oauth:grant-type:device_code": "device_code",
}


class Form(dict[str, str]):
    """Parameters by name; of one sent twice the last."""

    @classmethod
    def of(cls, headers: Headers, body: bytes) -> Form:
        """The form of a request; empty where the body is none."""
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        return cls(parse_qsl(body.decode(errors="replace"), keep_blank_values=True) if is_form else ())

    def required(self, name: str) -> str:
        """A parameter's value.

        Raises:
            EntraError: It is missing or empty.
        """
        value = self.get(name)
        if not value:
            raise missing(name)
        return value

    @property
    def grant(self) -> str | None:
        """The grant's name, or what was sent in its place."""
        grant_type = self.get("grant_type")
        return GRANTS.get(grant_type, grant_type) if grant_type else None


async def form_of(request: Request) -> Form:
    return Form.of(request.headers, await request.body())


def basic_credentials(headers: Headers) -> tuple[str, str] | None:
    """Client id and secret of the Authorization header (RFC 6749, 2.3.1); None where it has none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None
