"""create_sandbox: the sandbox's parts put together as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from gateway.sandbox.control import Controls, control_routes, invalid_control
from gateway.sandbox.endpoints import InvoiceEndpoints
from gateway.sandbox.error_bodies import RefusedError, fault
from gateway.sandbox.generation import MIN_INVOICE_COUNT, slots
from gateway.sandbox.line_items import MAX_COUNT
from gateway.sandbox.partners import Partners
from gateway.sandbox.transport import Transport

if TYPE_CHECKING:
    from starlette.requests import Request

_JSON: Final = "application/json; charset=utf-8"


def create_sandbox(
    *, seed: int = 1, invoice_count: int = 240, line_item_count: int = 3, require_audience: str | None = None
) -> Starlette:
    """A Partner Center of its own, with its own data, journal, faults and quirks.

    Args:
        seed: Same seed, same data.
        invoice_count: Invoices of each partner, those nested as amendments not counted. Tried to 20,000.
        line_item_count: Line items of each invoice, billing provider and type. Made when their page is asked
            for, so that many cost nothing until then; at most 10,000,000.
        require_audience: Only JWTs with this `aud` are taken, and users' only with "mfa" in `amr`. None takes any
            bearer token. Signatures are never checked.

    Raises:
        ValueError: Fewer than 4 invoices, one for each documented balance, or a number of line items out of bounds.
    """
    if invoice_count < MIN_INVOICE_COUNT:
        raise ValueError(f"The sandbox needs at least {MIN_INVOICE_COUNT} invoices, not {invoice_count}")
    if not 1 <= line_item_count <= MAX_COUNT:
        raise ValueError(f"The sandbox needs 1 to {MAX_COUNT} line items per kind, not {line_item_count}")
    controls = Controls()
    endpoints = InvoiceEndpoints(Partners(seed, slots(invoice_count)), controls, line_item_count, require_audience)
    app = Starlette(
        routes=[*control_routes(controls), *endpoints.routes()],
        middleware=[Middleware(Transport, controls=controls, seed=seed)],
        exception_handlers={
            HTTPException: _unroutable,
            RefusedError: _refused,
            msgspec.DecodeError: invalid_control,
            UnicodeDecodeError: invalid_control,
        },
    )
    # Partner Center knows no path with a slash at its end; a redirect would hide a client's mistake.
    app.router.redirect_slashes = False
    return app


async def _refused(_request: Request, error: Any) -> Response:
    """The handler of RefusedError; Starlette's signature says any exception."""
    return Response(error.body, error.status, media_type=_JSON)


async def _unroutable(_request: Request, error: Any) -> Response:
    """The handler of Starlette's own 404 and 405."""
    return Response(fault(error.status_code), error.status_code, headers=error.headers, media_type=_JSON)
