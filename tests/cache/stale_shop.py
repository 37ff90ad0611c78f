"""A cache in front of one upstream, at a moment that a test sets."""

import asyncio

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Stock
from gateway.errors import UpstreamUnavailableError
from gateway.freshness import CacheControl, Windows
from tests.fakes import FakeClock, operation, scope

INVOICE = Entity("invoice", Invoice | None)
WINDOWS = Windows(fresh_s=10, stale_s=20, stale_if_error_s=100)
OLD, NEW = Invoice("G1", state="old"), Invoice("G1", state="new")
DEAD = UpstreamUnavailableError("no connection")


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


class Upstream:
    """Answers with what it is told to; calls wait while the gate is shut."""

    def __init__(self, answer):
        self.answer = answer
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, _operation):
        self.calls += 1
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Shop:
    """A cache in front of one upstream, at a moment that the test sets. The first answer, OLD, is kept already."""

    def __init__(self):
        self.clock = FakeClock()
        self.cache = ReadThroughCache(Stock(BoundedMemoryCache(1024**2), clock=self.clock))
        self.upstream = Upstream(OLD)

    def reading(self, key="G1", identity="token-1", **options):
        return Reading(Key(scope(identity), INVOICE, key), self.upstream, lambda _value: WINDOWS, **options)

    async def ask(self, *, deadline_s=10.0, key="G1", identity="token-1", reading=None, **asked):
        """As a loader does: what may be served at once, or a call."""
        reading = reading or self.reading(key, identity)
        about = operation(identity, deadline_s=deadline_s, cache_control=CacheControl(**asked))
        found = (await self.cache.look([reading], about.cache_control)).get(reading.key)
        if found is None or not found.at_once:
            return await self.cache.load(reading, about)
        if found.to_renew:
            self.cache.renew_behind(reading, about)
        return found.served
