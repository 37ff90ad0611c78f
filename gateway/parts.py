"""What answers operations, put together as the settings say; it knows nothing of HTTP towards callers."""

import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from gateway.auth_modes import AuthMode, build_auth_mode
from gateway.cache import ReadThroughCache, build_cache
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


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """What a gateway consists of.

    Attributes:
        auth: knows callers, and which token their calls carry.
        http: the one client towards upstream.
        source: reads invoices and their PDFs.
        cache: keeps what was read.
        executor: runs operations.
        documents: finds those that are named, and has them run.
        explainer: tells what operations would ask; None where nobody may know.
        watch: who looks at all that.
        tally: counts it; None where metrics are not served.
    """

    auth: AuthMode
    http: httpx.AsyncClient
    source: PartnerCenter
    cache: ReadThroughCache
    executor: Executor
    documents: NamedDocuments
    explainer: Explainer | None
    watch: Watch
    tally: Tally | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Whatever they have opened is closed at the end, the latest first: what runs still needs what is below."""
        async with self.http:
            yield
            await self.executor.aclose()
            await self.cache.close()
            await self.source.aclose()
            for close in self.auth.closers:
                await close()


def build_parts(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    anonymous_token: str | None = None,
    spans: Spans | None = None,
    clock: Callable[[], float] = time.time,
) -> Parts:
    """The parts of one gateway.

    Args:
        settings: everything that can be set.
        transport: carries the upstream calls, in place of the network.
        anonymous_token: stands for callers who bring none; None refuses them.
        spans: remembers traces; None does not.
        clock: seconds since the epoch, by which answers age.

    Raises:
        SettingsError: a file that they name cannot be read, or does not hold what it should.
    """
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
    explainer = Explainer(executor, schema, source, cache, lifetimes) if settings.explain else None
    return Parts(auth, http, source, cache, executor, documents, explainer, watch, tally)


def _lifetimes(settings: Settings) -> Lifetimes:
    of_summaries, of_invoices = settings.stale_if_error_windows_s
    return Lifetimes(
        summaries=Windows(settings.list_fresh_s, settings.list_stale_s, of_summaries),
        collection=Windows(settings.list_fresh_s, settings.list_stale_s, of_invoices),
        invoice=Windows(settings.invoice_fresh_s, settings.invoice_stale_s, of_invoices),
        # That there is none is asked again at once: an invoice may have come.
        not_found=Windows(settings.not_found_fresh_s, 0, of_invoices),
    )
