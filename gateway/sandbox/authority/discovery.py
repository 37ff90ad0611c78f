"""What the authority tells of itself: OpenID Connect discovery, and the keys of its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.sandbox.authority.addresses import addresses_of, tenant_of
from gateway.sandbox.authority.scopes import OPENID

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from gateway.sandbox.authority.state import State


class Discovery:
    """`GET` of both versions' documents, and of the keys, which are the same for both."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        well_known = ".well-known/openid-configuration"
        return [
            Route(f"/{{tenant}}/v2.0/{well_known}", self.version_2, methods=["GET"]),
            Route(f"/{{tenant}}/{well_known}", self.version_1, methods=["GET"]),
            Route("/{tenant}/discovery/v2.0/keys", self.keys, methods=["GET"]),
            Route("/{tenant}/discovery/keys", self.keys, methods=["GET"]),
        ]

    async def version_2(self, request: Request) -> Response:
        return JSONResponse(_document(request, 2))

    async def version_1(self, request: Request) -> Response:
        """Its issuer is the first version's. The endpoints are the second's: the first's are not here."""
        return JSONResponse(_document(request, 1))

    async def keys(self, request: Request) -> Response:
        tenant_of(request)
        return JSONResponse(self._state.keys.jwks())


def _document(request: Request, version: int) -> dict[str, Any]:
    tenant, addresses = tenant_of(request), addresses_of(request)
    segment = tenant.id if tenant else request.path_params["tenant"]
    return {
        "issuer": addresses.issuer(tenant, version),
        "authorization_endpoint": addresses.endpoint(segment, "authorize"),
        "token_endpoint": addresses.endpoint(segment, "token"),
        "device_authorization_endpoint": addresses.endpoint(segment, "devicecode"),
        "jwks_uri": addresses.keys(segment),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "scopes_supported": list(OPENID),
    }
