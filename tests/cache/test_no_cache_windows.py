"""What a caller who says no-cache is told of an answer that has just come, where its fresh window is shorter still."""

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Found, Key, Reading, ReadThroughCache, Stock
from gateway.freshness import ANY_AGE, CacheControl, Served, Windows
from tests.fakes import FakeClock, operation, scope

pytestmark = pytest.mark.anyio

ANSWER = Invoice("G1")
KEY = Key(scope(), Entity("invoice", Invoice | None), "G1")


async def test_within_five_seconds_of_a_renewal_no_cache_is_served_unmarked_though_its_window_is_shorter():
    async def read(_operation):
        return ANSWER

    clock = FakeClock()
    cache = ReadThroughCache(Stock(BoundedMemoryCache(1024**2), clock=clock))
    reading = Reading(KEY, read, lambda _value: Windows(1, 20, 100))
    await cache.load(reading, operation())
    clock.now_s += 5
    at_five = await cache.look([reading], CacheControl(no_cache=True))
    unasked = await cache.look([reading], ANY_AGE)
    clock.now_s += 0.1

    assert at_five == {KEY: Found(Served(ANSWER, 5), at_once=True, to_renew=False)}
    assert unasked == {KEY: Found(Served(ANSWER, 5, "RENEWING"), at_once=True, to_renew=True)}
    assert await cache.look([reading], CacheControl(no_cache=True)) == {}
