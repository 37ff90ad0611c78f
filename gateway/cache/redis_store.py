"""The store that replicas share: Redis through aiocache. When it fails it is as if it were empty."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from aiocache import RedisCache
from aiocache.serializers import BaseSerializer
from typing_extensions import override

from gateway.telemetry import log

T = TypeVar("T")

_TIMEOUT_S = 0.25
_PAUSE_AFTER_FAILURE_S = 1.0
_DEFAULT_PORT = 6379


class _Bytes(BaseSerializer):  # type: ignore[misc]  # aiocache has no types.
    """Values are bytes already."""

    DEFAULT_ENCODING = None

    @override
    def dumps(self, value: bytes) -> bytes:
        return value

    @override
    def loads(self, value: bytes | None) -> bytes | None:
        return value


class RedisStore:
    """Bytes by text key, each with a lifetime.

    No operation raises or takes longer than a quarter of a second. After a failure the store is left alone for a
    second, so that a dead one costs its time-out once and not for each key.

    Args:
        url: `redis://[user[:password]@]host[:port][/db]`, percent-encoded where needed; `rediss` for TLS.
    """

    def __init__(self, url: str) -> None:
        # aiocache's own `from_url` drops the user, knows no `rediss` and does not decode (0.12.3).
        parts = urlsplit(url)
        self._cache: Any = RedisCache(
            serializer=_Bytes(),
            timeout=_TIMEOUT_S,
            endpoint=parts.hostname or "127.0.0.1",
            port=parts.port or _DEFAULT_PORT,
            db=int(parts.path.strip("/") or 0),
            password=unquote(parts.password) if parts.password else None,
            ssl=parts.scheme == "rediss",
            connection_pool_kwargs={"username": unquote(parts.username)} if parts.username else {},
        )
        self._paused_until = 0.0

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """One round trip for all keys; None for what is not there."""
        if not keys:
            return []
        found: list[bytes | None] | None = await self._attempt(lambda: self._cache.multi_get(keys))
        return [None] * len(keys) if found is None else found

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep a value for some seconds."""
        await self._attempt(lambda: self._cache.raw("set", key, value, px=max(1, int(ttl_s * 1000))))

    async def ping(self) -> bool:
        """Whether the store answers now."""
        self._paused_until = 0.0
        return bool(await self._attempt(lambda: self._cache.raw("ping")))

    async def close(self) -> None:
        await self._cache.client.aclose()

    async def _attempt(self, operation: Any) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        try:
            return await operation()
        except Exception as error:  # noqa: BLE001 — whatever a store does, callers are answered.
            self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_S
            log.warning("cache store failed", error=type(error).__name__)
            return None
