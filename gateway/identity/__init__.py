"""Who calls: from a request's headers to a `Caller`."""

from collections.abc import Sequence
from typing import Protocol

from gateway.caller import Caller


class Identity(Protocol):
    """Knows callers, in one of the modes of `GATEWAY_AUTH`."""

    async def caller(self, authorization: Sequence[str]) -> Caller:
        """Who calls.

        Args:
            authorization: every Authorization header's value.

        Raises:
            UnauthenticatedError: no token, or none that can be used.
            ForbiddenError: the token does not allow its bearer to ask.
            UpstreamUnavailableError: the token's issuer cannot be asked for its keys.
        """
        ...
