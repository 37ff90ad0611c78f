"""Read-through cache: this moment (shared calls) and this while (fresh and stale windows), over aiocache."""

import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from gateway.cache.answers import KeptAnswers
from gateway.cache.entry import Found
from gateway.cache.keys import Entity, Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.read_through import ReadThroughCache
from gateway.cache.reading import Reading, is_refusal
from gateway.cache.replicas import Replicas
from gateway.cache.stock import Stock

__all__ = [
    "BoundedMemoryCache",
    "Entity",
    "Found",
    "KeptAnswers",
    "Key",
    "ReadThroughCache",
    "Reading",
    "Replicas",
    "Stock",
    "build_cache",
    "is_refusal",
]


def build_cache(
    url: str,
    max_bytes: int,
    tls: ssl.SSLContext | None = None,
    clock: Callable[[], float] = time.time,
    *,
    answers_max_bytes: int = 0,
) -> ReadThroughCache:
    """The cache that `GATEWAY_CACHE_URL` names.

    Args:
        url: `memory://`, `redis://…`, `rediss://…` or `none://`.
        max_bytes: most memory in this process.
        tls: whom `rediss` trusts; None takes the system's authorities.
        clock: seconds since the epoch.
        answers_max_bytes: most memory for whole answers, beside that; 0 keeps none.

    Raises:
        ImportError: Redis is asked for and the extra `redis` is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "none":
        return ReadThroughCache(Stock(None, clock=clock))
    memory = BoundedMemoryCache(max_bytes)
    if scheme == "memory":
        return ReadThroughCache(Stock(memory, clock=clock), answers_max_bytes)
    from gateway.cache.redis_store import RedisStore  # noqa: PLC0415 — an extra brings what it imports.

    return ReadThroughCache(Stock(memory, Replicas(RedisStore(url, tls), clock), clock), answers_max_bytes)
