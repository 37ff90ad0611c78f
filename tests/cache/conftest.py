"""A Redis of a test's own, and stores in front of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import redis

from gateway.cache.redis_store import RedisStore
from tests.cache.stale_shop import NEW, Shop
from tests.redis_server import RedisServer


@pytest.fixture(name="redis_server")
def _redis_server(need: Callable[[str], str], tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(need("redis-server"), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def direct(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client past the gateway's own."""
    with redis.Redis(port=redis_server.port, socket_timeout=10) as client:
        yield client


@pytest.fixture
async def open_store(redis_server: RedisServer) -> AsyncIterator[Callable[[], RedisStore]]:
    """Opens stores as replicas do, each with connections of its own."""
    async with AsyncExitStack() as opened:

        def start() -> RedisStore:
            store = RedisStore(f"redis://127.0.0.1:{redis_server.port}")
            opened.push_async_callback(store.close)
            return store

        yield start


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no dead Redis: every answer is waited for."""
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 10)


@pytest.fixture
def long_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits here for a lease's end waits for half a minute, and is not taken for one who was told of it."""
    monkeypatch.setattr("gateway.cache.lease._LEASE_S", 30)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A cache that has one answer already, and an upstream that has another by now."""
    opened = Shop()
    await opened.ask()
    opened.upstream.answer = NEW
    yield opened
    await opened.cache.close()
