"""Callers that bring a token for the gateway itself, which is verified before anything is done."""

from collections.abc import Sequence

from gateway.caller import Caller, Scope
from gateway.errors import ForbiddenError, UnauthenticatedError
from gateway.identity.bearer import bearer_token
from gateway.identity.token_verifier import Claims, TokenVerifier


class OnBehalfOf:
    """Knows users; upstream is asked on behalf of each, so that each shares answers with nobody else.

    Args:
        cloud: name of the Partner Center cloud.
        verifier: tells true tokens from others.
    """

    def __init__(self, cloud: str, verifier: TokenVerifier) -> None:
        self._cloud = cloud
        self._verifier = verifier

    async def caller(self, authorization: Sequence[str]) -> Caller:
        """The user. The caller's token is the one to exchange for an upstream token.

        Args:
            authorization: every Authorization header's value.

        Raises:
            UnauthenticatedError: no token, or one that is not to be believed.
            ForbiddenError: the token does not allow its bearer to ask, or no user stands behind it.
            UpstreamUnavailableError: the token's issuer cannot be asked for its keys.
        """
        token, claims = await _verified(authorization, self._verifier)
        if claims.is_app_only:
            raise ForbiddenError("This token is an application's own; only users can be acted for.")
        return Caller(Scope(self._cloud, claims.tenant, f"user-{claims.object_id}"), token)


class Service:
    """Knows who may use the gateway's own account; upstream sees that one alone, so all share its answers.

    Args:
        cloud: name of the Partner Center cloud.
        verifier: tells true tokens from others.
        tenant: the partner's tenant id.
        client_id: of the application that the gateway is.
    """

    def __init__(self, cloud: str, verifier: TokenVerifier, *, tenant: str, client_id: str) -> None:
        self._verifier = verifier
        # Nothing of the caller's goes upstream.
        self._caller = Caller(Scope(cloud, tenant, f"service-{client_id}"), token="")

    async def caller(self, authorization: Sequence[str]) -> Caller:
        """The gateway's own account, for whoever may use it.

        Args:
            authorization: every Authorization header's value.

        Raises:
            UnauthenticatedError: no token, or one that is not to be believed.
            ForbiddenError: the token does not allow its bearer to ask.
            UpstreamUnavailableError: the token's issuer cannot be asked for its keys.
        """
        await _verified(authorization, self._verifier)
        return self._caller


async def _verified(authorization: Sequence[str], verifier: TokenVerifier) -> tuple[str, Claims]:
    token = bearer_token(authorization)
    if token is None:
        raise UnauthenticatedError("Send an access token for this gateway: Authorization: Bearer …")
    return token, await verifier.verify(token)
