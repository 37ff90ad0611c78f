"""The only place where the parts meet."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.auth_modes import build_auth_mode
from gateway.cache import build_cache
from gateway.errors import BadRequestError, GatewayError
from gateway.execution.errors import MASKED
from gateway.execution.executor import Executor
from gateway.execution.explain.explainer import Explainer
from gateway.execution.named_documents import NamedDocuments
from gateway.execution.trusted_documents import read_trusted_documents
from gateway.freshness import Windows
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.clouds import CLOUDS
from gateway.partner_center.transport import Transport, build_client
from gateway.partner_center.trust import tls_context
from gateway.readings import Lifetimes
from gateway.schema import DocumentLimits, build_schema
from gateway.settings import Settings, SettingsError
from gateway.watching import UNWATCHED, Counts, Spans, Watch
from gateway.watching.metrics import Tally
from gateway.web.at_path import AtPath
from gateway.web.callers import Callers
from gateway.web.correlation import ResponseHeaders, complete
from gateway.web.drain import Drain
from gateway.web.graphql import GraphQLEndpoint, Limits
from gateway.web.health import livez, readyz
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
    try:
        tls = tls_context(settings.ca_bundle)
    except OSError as error:
        raise SettingsError(f"GATEWAY_CA_BUNDLE: {error.strerror or 'holds no certificate'}") from None
    auth = build_auth_mode(settings, tls, anonymous_token=anonymous_token)
    http = build_client(
        settings.upstream_url or CLOUDS[settings.cloud].base_url,
        timeout_s=settings.upstream_timeout_s,
        transport=transport or Transport(max_connections=settings.upstream_concurrency, tls=tls),
    )
    tally = Tally() if settings.serves_metrics else None
    watch = UNWATCHED if tally is None and spans is None else Watch(tally or Counts(), spans or Spans())
    source = PartnerCenter(
        http,
        auth.credentials,
        timeout_s=settings.upstream_timeout_s,
        concurrency=settings.upstream_concurrency,
        locale=settings.locale,
        max_pdf_bytes=settings.max_pdf_bytes,
        watch=watch,
    )
    cache = build_cache(
        settings.cache_url,
        settings.cache_max_bytes,
        tls,
        clock,
        answers_max_bytes=settings.answers_max_bytes,
        persisted_queries_max_bytes=settings.persisted_queries_max_bytes,
    )
    lifetimes = _lifetimes(settings)
    schema = build_schema(
        introspection=bool(settings.introspection),
        suggestions=bool(settings.introspection),
        limits=DocumentLimits(
            settings.max_depth, settings.max_aliases, settings.max_tokens, int(settings.max_document_bytes)
        ),
    )
    executor = Executor(schema, source, cache, lifetimes, watch=watch, slow_operation_s=settings.slow_operation_s)
    manifest = settings.trusted_documents
    documents = NamedDocuments(
        executor,
        cache.persisted_queries,
        None if manifest is None else read_trusted_documents(manifest, schema.documents),
        only_trusted=settings.trusted_documents_only,
    )
    limits = Limits(settings.deadline_s, settings.max_upstream_calls, settings.max_body_bytes)
    graphql = GraphQLEndpoint(
        executor,
        documents,
        auth.identity,
        limits,
        drain=drain,
        origins=settings.origins,
        page=partial(playground_page, token=playground_token, explains=bool(settings.explain))
        if settings.playground
        else None,
        explainer=Explainer(executor, schema, source, cache, lifetimes) if settings.explain else None,
    )
    pdfs = PdfEndpoint(source, auth.identity, limits, drain=drain, origins=settings.origins, on_refusal=cache.drop)
    metrics: list[Route] = []
    if tally is not None:
        from gateway.measured import exposition_of  # noqa: PLC0415 — what it imports is for those who measure.

        connections = (callers or Callers()).connections_now
        exposition = exposition_of(tally, source=source, cache=cache, executor=executor, connections=connections)
        metrics = [metrics_route(exposition.text)]
    checks = {"cache": cache.state} | ({"signIn": auth.store.state} if auth.store else {})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http:
            yield
            await executor.aclose()
            await cache.close()
            await source.aclose()
            for close in auth.closers:
                await close()

    app = Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz(checks, drain)),
            *pdfs.routes(),
            *(metrics if settings.metrics_port is None else []),
            *([Route("/", _to_playground), *playground_routes()] if settings.playground else []),
        ],
        middleware=[
            Middleware(ResponseHeaders, drain=drain),
            *(Middleware(OnPort, port=settings.metrics_port, route=each) for each in metrics if settings.metrics_port),
            *cors(settings.origins),
            Middleware(AtPath, path="/graphql", endpoint=watch.spans.serving(graphql)),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
        lifespan=lifespan,
    )
    # A redirect to a documented path would carry the caller's token to wherever the Host header says.
    app.router.redirect_slashes = False
    return app


def _lifetimes(settings: Settings) -> Lifetimes:
    of_summaries, of_invoices = settings.stale_if_error_windows_s
    return Lifetimes(
        summaries=Windows(settings.list_fresh_s, settings.list_stale_s, of_summaries),
        collection=Windows(settings.list_fresh_s, settings.list_stale_s, of_invoices),
        invoice=Windows(settings.invoice_fresh_s, settings.invoice_stale_s, of_invoices),
        # That there is none is asked again at once: an invoice may have come.
        not_found=Windows(settings.not_found_fresh_s, 0, of_invoices),
    )


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
