"""The yardstick: what a competent engineer writes in an afternoon with Strawberry, httpx and aiocache.

Its schema is the part of the gateway's that the workloads ask for. It does what their documentations show: types that
are dataclasses, dataloaders for each request, one client with its default transport, values kept as converted and read
in one go. It knows the wire's pitfalls that would make its answers differ (byte order marks, dates without zone, money
as decimals), and none of the gateway's promises: no deadline, budget, limits, retries, shared calls or staleness.
"""

import asyncio
import decimal
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
from aiocache import SimpleMemoryCache
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from tests.benchmarks.baseline_types import Invoice, InvoiceConnection, InvoiceSummaries, invoice, summary

_KEPT_S = 3600
_TIMEOUT_S = 60
_PAGE_SIZE = 500


class PartnerCenter:
    """Reads it, and keeps what was read.

    Args:
        http: speaks to it.
        keeps: whether anything is kept.
    """

    def __init__(self, http: httpx.AsyncClient, *, keeps: bool) -> None:
        self._http = http
        self._cache = SimpleMemoryCache() if keeps else None

    async def invoices_by_id(self, authorization: str, ids: Sequence[str]) -> list[Invoice | BaseException | None]:
        keys = [f"{authorization}:invoice:{each}" for each in ids]
        kept = await self._cache.multi_get(keys) if self._cache is not None else [None] * len(ids)
        found = dict(zip(ids, kept, strict=True))
        missing = [each for each in ids if found[each] is None]
        read = await asyncio.gather(*(self._invoice(authorization, each) for each in missing), return_exceptions=True)
        found.update(zip(missing, read, strict=True))
        if self._cache is not None and missing:
            new = [(f"{authorization}:invoice:{each}", found[each]) for each in missing]
            await self._cache.multi_set([pair for pair in new if isinstance(pair[1], Invoice)], ttl=_KEPT_S)
        return [found[each] for each in ids]

    async def summaries(self, authorization: str) -> InvoiceSummaries:
        async def read() -> InvoiceSummaries:
            sent = await self._get(authorization, "/v1/invoices/summaries")
            return InvoiceSummaries(total_count=sent["totalCount"], items=[summary(each) for each in sent["items"]])

        return await self._kept(f"{authorization}:summaries", read)

    async def invoices(self, authorization: str) -> list[Invoice]:
        async def read() -> list[Invoice]:
            found: list[Invoice] = []
            while True:
                query = {"size": _PAGE_SIZE, "offset": len(found)}
                page = await self._get(authorization, "/v1/invoices", query)
                found += [invoice(each) for each in page["items"]]
                if "next" not in page["links"]:
                    return found

        return await self._kept(f"{authorization}:invoices", read)

    async def _invoice(self, authorization: str, invoice_id: str) -> Invoice | None:
        sent = await self._get(authorization, f"/v1/invoices/{invoice_id}")
        return None if sent is None else invoice(sent)

    async def _get(self, authorization: str, path: str, query: dict[str, int] | None = None) -> Any:
        response = await self._http.get(path, params=query, headers={"Authorization": authorization})
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        response.raise_for_status()
        return json.loads(response.content, parse_float=decimal.Decimal)

    async def _kept(self, key: str, read: Callable[[], Any]) -> Any:
        found = await self._cache.get(key) if self._cache is not None else None
        if found is None:
            found = await read()
            if self._cache is not None:
                await self._cache.set(key, found, ttl=_KEPT_S)
        return found


class Context:
    """What resolvers of one request have."""

    def __init__(self, source: PartnerCenter, authorization: str) -> None:
        self.source = source
        self.authorization = authorization
        self.invoice_by_id: DataLoader[str, Invoice | None] = DataLoader(self._load)

    async def _load(self, ids: list[str]) -> list[Invoice | BaseException | None]:
        return await self.source.invoices_by_id(self.authorization, ids)


Info = strawberry.Info[Context, None]


@strawberry.type
class Query:
    @strawberry.field
    async def invoice(self, info: Info, id: strawberry.ID) -> Invoice | None:  # noqa: A002 — its public name.
        return await info.context.invoice_by_id.load(id)

    @strawberry.field
    async def invoices_by_id(self, info: Info, ids: list[strawberry.ID]) -> list[Invoice | None]:
        return await info.context.invoice_by_id.load_many(ids)

    @strawberry.field
    async def invoice_summaries(self, info: Info) -> InvoiceSummaries | None:
        return await info.context.source.summaries(info.context.authorization)

    @strawberry.field
    async def invoices(self, info: Info, first: int = 25) -> InvoiceConnection:
        found = await info.context.source.invoices(info.context.authorization)
        found = sorted(found, key=lambda each: (each.invoice_date, each.id), reverse=True)
        return InvoiceConnection(nodes=found[:first], total_count=len(found))


class View(GraphQL[Context, None]):
    def __init__(self, schema: strawberry.Schema, source: PartnerCenter) -> None:
        super().__init__(schema, graphql_ide=None)
        self._source = source

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        return Context(self._source, request.headers["Authorization"])


def create_app(upstream_url: str, *, keeps: bool, extensions: Sequence[Any] = ()) -> Starlette:
    """The program.

    Args:
        upstream_url: of Partner Center.
        keeps: whether what was read is kept.
        extensions: of Strawberry's.
    """
    http = httpx.AsyncClient(base_url=upstream_url, timeout=_TIMEOUT_S)
    view = View(strawberry.Schema(Query, extensions=extensions), PartnerCenter(http, keeps=keeps))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http:
            yield

    return Starlette(routes=[Route("/graphql", view)], lifespan=lifespan)


def from_environment() -> Starlette:
    """The program as uvicorn starts it."""
    return create_app(os.environ["BASELINE_UPSTREAM_URL"], keeps=os.environ["BASELINE_KEEPS"] == "yes")
