"""Read-through cache: this moment (shared calls) and this while (fresh windows), over aiocache."""

from urllib.parse import urlsplit

from gateway.cache.keys import Entity, Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.read_through import ReadThroughCache

__all__ = ["BoundedMemoryCache", "Entity", "Key", "ReadThroughCache", "build_cache"]


def build_cache(url: str, max_bytes: int) -> ReadThroughCache:
    """The cache that `GATEWAY_CACHE_URL` names.

    Args:
        url: `memory://`, `redis://…`, `rediss://…` or `none://`.
        max_bytes: most memory in this process.

    Raises:
        ImportError: Redis is asked for and the extra `redis` is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "none":
        return ReadThroughCache(None)
    memory = BoundedMemoryCache(max_bytes)
    if scheme == "memory":
        return ReadThroughCache(memory)
    from gateway.cache.redis_store import RedisStore  # noqa: PLC0415 — an extra brings what it imports.

    return ReadThroughCache(memory, RedisStore(url))
