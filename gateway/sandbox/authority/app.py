"""create_authority: the authority's parts put together as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.sandbox.authority.control import ControlEndpoint
from gateway.sandbox.authority.discovery import Discovery
from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.sign_in import SignIn
from gateway.sandbox.authority.state import State
from gateway.sandbox.authority.token_endpoint import TokenEndpoint
from gateway.sandbox.authority.transport import TokenJournal, TokenTransport
from gateway.sandbox.control import Controls, invalid_control

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def create_authority(*, seed: int = 1, base_url: str | None = None) -> Starlette:
    """An authority of its own, with its own keys, journal, faults and switches.

    Args:
        seed: Same seed and requests, same codes and refresh tokens. Keys and access tokens are always new.
        base_url: The start of issuers and endpoints, `https://host:port`; by default the host that a request is
            sent to, so that the authority is another one under another of its names.
    """
    state = State(seed)
    journal = TokenJournal()
    controls = Controls(journal=journal)
    app = Starlette(
        routes=[
            *ControlEndpoint(state, controls, journal).routes(),
            *SignIn(state).routes(),
            Route("/{tenant}/oauth2/v2.0/token", TokenEndpoint(state).token, methods=["POST"]),
            *Discovery(state).routes(),
        ],
        middleware=[Middleware(TokenTransport, controls=controls, journal=journal, seed=seed)],
        exception_handlers={
            EntraError: _refused,
            msgspec.DecodeError: invalid_control,
            UnicodeDecodeError: invalid_control,
        },
    )
    app.state.base_url = base_url
    # As Entra: no path has a slash at its end.
    app.router.redirect_slashes = False
    return app


async def _refused(request: Request, error: Any) -> Response:
    """The handler of EntraError; Starlette's signature says any exception."""
    body = error.body(request.headers.get("client-request-id"))
    return JSONResponse(body, error.status, headers={"Cache-Control": "no-store"})
