"""What callers ask of the age of answers."""

import pytest

from gateway.errors import (
    NotCachedError,
    UpstreamUnavailableError,
)
from gateway.freshness import Served
from tests.cache.stale_shop import DEAD, NEW, OLD

pytestmark = pytest.mark.anyio


async def test_no_cache_has_it_read_anew_once_in_five_seconds(shop):
    shop.clock.now_s += 5.1
    answers = [await shop.ask(no_cache=True) for _ in range(10)]
    shop.clock.now_s += 5
    await shop.ask(no_cache=True)
    within = shop.upstream.calls
    shop.clock.now_s += 0.1
    await shop.ask(no_cache=True)

    assert answers == [Served(NEW)] * 10
    assert (within, shop.upstream.calls) == (2, 3)


@pytest.mark.parametrize("asked", [{"no_cache": True}, {"max_age_s": 9}, {"max_stale_s": 0}])
async def test_who_wants_nothing_old_is_told_of_the_failure(shop, asked):
    shop.upstream.answer = DEAD
    shop.clock.now_s += 15

    with pytest.raises(UpstreamUnavailableError):
        await shop.ask(**asked)
    assert (await shop.ask()).value == OLD


async def test_no_cache_that_finds_nothing_new_joins_no_older_answer(shop):
    """A call that found what another replica has just read would answer the first, and not the second."""
    shop.clock.now_s += 9
    assert (await shop.ask()).value == OLD
    assert (await shop.ask(no_cache=True)).value == NEW


async def test_max_stale_bounds_how_stale(shop):
    shop.upstream.answer = DEAD
    shop.clock.now_s += 25

    assert (await shop.ask(max_stale_s=15)).value == OLD
    with pytest.raises(UpstreamUnavailableError):
        await shop.ask(max_stale_s=14)


async def test_only_if_cached_asks_nothing_of_upstream(shop):
    shop.clock.now_s += 50

    assert await shop.ask(only_if_cached=True) == Served(OLD, 50, "ONLY_IF_CACHED")
    with pytest.raises(NotCachedError):
        await shop.ask(key="G2", only_if_cached=True)
    shop.clock.now_s += 60
    with pytest.raises(NotCachedError):
        await shop.ask(only_if_cached=True)
    assert shop.upstream.calls == 1
