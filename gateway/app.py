"""The gateway towards callers: which paths there are, and what every request goes through."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.errors import BadRequestError, GatewayError
from gateway.execution.errors import MASKED
from gateway.parts import Parts, build_parts
from gateway.settings import Settings
from gateway.watching import Spans
from gateway.web.at_path import AtPath
from gateway.web.callers import Callers
from gateway.web.correlation import ResponseHeaders, complete
from gateway.web.drain import Drain
from gateway.web.graphql import GraphQLEndpoint, Limits
from gateway.web.health import Check, livez, readyz
from gateway.web.metrics import OnPort, metrics_route
from gateway.web.origins import cors
from gateway.web.pdfs import PdfEndpoint
from gateway.web.playground import playground_page, playground_routes
from gateway.web.responses import error_response


def create_app(  # noqa: PLR0913 — every seam of the whole, one a line.
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    anonymous_token: str | None = None,
    playground_token: str | None = None,
    drain: Drain | None = None,
    callers: Callers | None = None,
    spans: Spans | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The gateway as an ASGI application.

    Args:
        settings: everything that can be set.
        transport: carries the upstream calls, in place of the network.
        anonymous_token: stands for callers who bring none; None refuses them.
        playground_token: stands in the playground's header editor. For a sandbox's tokens only: any visitor sees it.
        drain: is set as the process goes to its end; None is never.
        callers: who is connected, for metrics; None is nobody.
        spans: remembers traces; None does not.
        clock: seconds since the epoch, by which answers age.
    """
    drain = drain or Drain()
    parts = build_parts(settings, transport=transport, anonymous_token=anonymous_token, spans=spans, clock=clock)
    limits = Limits(settings.deadline_s, settings.max_upstream_calls, settings.max_body_bytes)
    graphql = GraphQLEndpoint(
        parts.executor,
        parts.documents,
        parts.auth.identity,
        limits,
        drain=drain,
        origins=settings.origins,
        page=partial(playground_page, token=playground_token, explains=bool(settings.explain))
        if settings.playground
        else None,
        explainer=parts.explainer,
    )
    pdfs = PdfEndpoint(
        parts.source,
        parts.auth.identity,
        limits,
        drain=drain,
        origins=settings.origins,
        on_refusal=parts.cache.drop,
    )
    metrics = _metrics(parts, callers or Callers())

    app = Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz(_checks(parts), drain)),
            *pdfs.routes(),
            *(metrics if settings.metrics_port is None else []),
            *([Route("/", _to_playground), *playground_routes()] if settings.playground else []),
        ],
        middleware=[
            Middleware(ResponseHeaders, drain=drain),
            *(Middleware(OnPort, port=settings.metrics_port, route=each) for each in metrics if settings.metrics_port),
            *cors(settings.origins),
            Middleware(AtPath, path="/graphql", endpoint=parts.watch.spans.serving(graphql)),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lambda _app: parts.running(),
    )
    # A redirect to a documented path would carry the caller's token to wherever the Host header says.
    app.router.redirect_slashes = False
    return app


def _checks(parts: Parts) -> Mapping[str, Check]:
    """What `/readyz` asks, by the names that it answers with."""
    store = parts.auth.store
    return {"cache": parts.cache.state} | ({} if store is None else {"signIn": store.state})


def _metrics(parts: Parts, callers: Callers) -> list[Route]:
    if parts.tally is None:
        return []
    from gateway.measured import exposition_of  # noqa: PLC0415 — what it imports is for those who measure.

    exposition = exposition_of(
        parts.tally,
        source=parts.source,
        cache=parts.cache,
        executor=parts.executor,
        connections=callers.connections_now,
    )
    return [metrics_route(exposition.text)]


async def _to_playground(_request: Request) -> Response:
    return RedirectResponse("graphql")


async def _refuse(request: Request, error: Exception) -> Response:
    """What no route takes: in the shape of every other error."""
    raised = error if isinstance(error, HTTPException) else HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR)
    message = f"{HTTPStatus(raised.status_code).phrase}. GraphQL is at /graphql."
    refusal = BadRequestError(message, raised.status_code, dict(raised.headers or {}))
    return error_response(refusal, request.state.correlation_id)


async def _fail(request: Request, _error: Exception) -> Response:
    """A fault of ours, which the server logs. This answers outside of all middleware."""
    correlation_id = request.state.correlation_id
    response = error_response(GatewayError(MASKED), correlation_id)
    complete(response.raw_headers, correlation_id)
    return response
