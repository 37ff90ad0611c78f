"""Read-through cache: this moment (shared calls) and this while (fresh and stale windows), over aiocache."""

import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from gateway.cache.answers import KeptAnswers, WholeAnswer
from gateway.cache.entry import Found
from gateway.cache.keys import Entity, Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.persisted import PersistedQueries, sha256_of
from gateway.cache.read_through import ReadThroughCache
from gateway.cache.reading import Reading, is_always_usable, is_refusal
from gateway.cache.replicas import Replicas
from gateway.cache.stock import Stock

__all__ = [
    "BoundedMemoryCache",
    "Entity",
    "Found",
    "KeptAnswers",
    "Key",
    "PersistedQueries",
    "ReadThroughCache",
    "Reading",
    "Replicas",
    "Stock",
    "WholeAnswer",
    "build_cache",
    "is_always_usable",
    "is_refusal",
    "sha256_of",
]


def build_cache(  # noqa: PLR0913 — every bound of it, one a line.
    url: str,
    max_bytes: int,
    tls: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.time,
    *,
    answers_max_bytes: int = 0,
    persisted_queries_max_bytes: int = 0,
) -> ReadThroughCache:
    """The cache that `GATEWAY_CACHE_URL` names.

    Args:
        url: `memory://`, `redis://…`, `rediss://…` or `none://`.
        max_bytes: most memory in this process.
        tls: whom `rediss` trusts; None takes the system's authorities.
        clock: seconds since the epoch.
        answers_max_bytes: most memory for whole answers, beside that; 0 keeps none.
        persisted_queries_max_bytes: most memory for documents by their hashes, wherever answers are kept; 0 keeps none.

    Raises:
        ImportError: Redis is asked for and the extra `redis` is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("none", "memory"):
        memory = BoundedMemoryCache(max_bytes) if scheme == "memory" else None
        stock, store = Stock(memory, clock=clock), None
    else:
        from gateway.cache.redis_store import RedisStore  # noqa: PLC0415 — an extra brings what it imports.

        store = RedisStore(url, tls)
        stock = Stock(BoundedMemoryCache(max_bytes), Replicas(store, clock), clock)
    queries = PersistedQueries(persisted_queries_max_bytes, store) if persisted_queries_max_bytes else None
    return ReadThroughCache(stock, answers_max_bytes if scheme != "none" else 0, queries)
