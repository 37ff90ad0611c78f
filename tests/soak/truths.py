"""The right answers: read one by one, before there are faults, by a gateway that keeps nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.soak.gateways import SoakGateway
from tests.soak.model import Truths
from tests.soak.queries import Query, next_page, queries, queries_within_windows

_AT_ONCE = 4


async def read_truths(
    tokens: Mapping[str, str], windowed: frozenset[str], upstream_url: str, log: Path
) -> tuple[dict[str, list[Query]], Truths]:
    """The queries of each partner, and by their names the data that they are to be answered with.

    Args:
        tokens: by partner.
        windowed: partners whose callers never ask for what needs the whole collection.
        upstream_url: of the sandbox.
        log: the gateway's.
    """
    gateway = SoakGateway(
        "without cache",
        log,
        GATEWAY_UPSTREAM_URL=upstream_url,
        GATEWAY_CACHE_URL="none://",
        GATEWAY_DEADLINE_S="60",
    )
    asked: dict[str, list[Query]] = {}
    truths: dict[str, dict[str, Any]] = {}
    try:
        async with httpx.AsyncClient(base_url=gateway.url, timeout=90) as http:
            at_once = asyncio.Semaphore(_AT_ONCE)

            async def read(partner: str, query: Query) -> None:
                async with at_once:
                    response = await http.post(
                        "/graphql",
                        json={"query": query.document, "variables": query.variables},
                        headers={"Authorization": f"Bearer {tokens[partner]}"},
                    )
                answer = response.json()
                if answer.keys() != {"data"}:
                    told = await asyncio.to_thread(log.read_text, "utf-8")
                    raise RuntimeError(f"without faults, {query.name} of {partner} gets {answer}; the log:\n{told}")
                asked[partner].append(query)
                truths[partner][query.name] = answer["data"]
                following = next_page(query, answer["data"])
                if following is not None:
                    await read(partner, following)

            for partner in tokens:
                asked[partner], truths[partner] = [], {}
                all_of_it = queries_within_windows() if partner in windowed else queries()
                await asyncio.gather(*(read(partner, query) for query in all_of_it))
                # In the order of their coming they would not be the same in two runs of one seed.
                asked[partner].sort(key=lambda query: query.name)
    finally:
        gateway.stop()
    return asked, truths
