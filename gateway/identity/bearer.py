"""The bearer token of a request (RFC 6750, 2.1)."""

import re
from collections.abc import Sequence

from gateway.errors import UnauthenticatedError

_CREDENTIALS = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.ASCII | re.IGNORECASE)


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
