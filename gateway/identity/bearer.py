"""The bearer token of a request (RFC 6750, 2.1)."""

import re
from collections.abc import Sequence

from gateway.errors import UnauthenticatedError

# Only the scheme is in any case (RFC 9110, 11.1): as a flag for the whole, it would cost five times the token's match.
_CREDENTIALS = re.compile(r"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)", re.ASCII)


def bearer_token(authorization: Sequence[str]) -> str | None:
    """The token; None where the request has no Authorization header.

    Args:
        authorization: every Authorization header's value.

    Raises:
        UnauthenticatedError: there are several, or it is not a bearer token.
    """
    if not authorization:
        return None
    found = _CREDENTIALS.fullmatch(authorization[0].strip())
    if len(authorization) > 1 or found is None:
        raise UnauthenticatedError("The Authorization header is not one bearer token.")
    return found[1]
