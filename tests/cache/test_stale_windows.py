"""Past the fresh window: served at once and renewed behind, then where upstream fails."""

import asyncio
import math

import pytest

from gateway.errors import (
    OverloadedError,
    RateLimitedError,
    SignInUnavailableError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.freshness import CacheControl, Served, Windows
from tests.cache.stale_shop import DEAD, NEW, OLD, settle

pytestmark = pytest.mark.anyio


async def test_in_the_stale_window_the_answer_comes_at_once_and_the_next_one_is_new(shop):
    shop.clock.now_s += 10

    first = await shop.ask()
    await settle()
    second = await shop.ask()

    assert first == Served(OLD, 10, "RENEWING")
    assert second == Served(NEW)
    assert shop.upstream.calls == 2


async def test_one_renewal_runs_for_a_key_however_many_ask(shop):
    shop.clock.now_s += 29.9
    shop.upstream.gate.clear()

    answers = [await shop.ask() for _ in range(50)]
    await settle()
    shop.upstream.gate.set()
    await settle()

    assert {(answer.value, answer.stale_because) for answer in answers} == {(OLD, "RENEWING")}
    assert shop.upstream.calls == 2


async def test_a_renewal_that_nobody_waits_for_ends_when_its_operation_would_have(shop):
    shop.clock.now_s += 10
    shop.upstream.gate.clear()
    await shop.ask(deadline_s=0.3)
    await settle()

    assert shop.cache.is_loading(shop.reading().key)
    async with asyncio.timeout(5):
        while shop.cache.is_loading(shop.reading().key):
            await asyncio.sleep(0.02)


async def test_behind_the_stale_window_upstream_is_waited_for(shop):
    shop.clock.now_s += 30

    assert await shop.ask() == Served(NEW)


@pytest.mark.parametrize(
    "failure",
    [
        DEAD,
        UpstreamTimeoutError("late"),
        UpstreamUnreadableError("garbage"),
        UpstreamError("broken", 500),
        RateLimitedError("slower", 30),
        OverloadedError("full"),
        SignInUnavailableError(),
    ],
    ids=lambda failure: failure.code,
)
async def test_a_failure_is_stood_in_for_until_the_last_window_ends(shop, failure):
    shop.upstream.answer = failure
    shop.clock.now_s += 109.9
    covered = await shop.ask()
    shop.clock.now_s += 0.1

    assert covered == Served(OLD, pytest.approx(109.9), failure.code)
    with pytest.raises(type(failure)):
        await shop.ask()


async def test_a_failing_upstream_is_tried_twice_a_second_and_nobody_waits_in_between(shop):
    shop.upstream.answer = DEAD
    shop.clock.now_s += 50
    for _ in range(20):
        assert (await shop.ask()).stale_because == "UPSTREAM_UNAVAILABLE"
    within = shop.upstream.calls
    shop.clock.now_s += 0.5
    await shop.ask()

    assert (within, shop.upstream.calls) == (2, 3)


async def test_a_renewal_that_failed_is_told_as_the_reason(shop):
    shop.upstream.answer = DEAD
    shop.clock.now_s += 10
    first = await shop.ask()
    await settle()

    assert first.stale_because == "RENEWING"
    assert (await shop.ask()).stale_because == "UPSTREAM_UNAVAILABLE"


async def test_recovery_is_seen_within_a_second(shop):
    shop.upstream.answer = DEAD
    shop.clock.now_s += 50
    await shop.ask()
    shop.upstream.answer = NEW
    shop.clock.now_s += 0.5

    assert await shop.ask() == Served(NEW)


async def test_who_can_be_served_from_the_past_waits_two_seconds_for_a_silent_upstream_and_later_ones_not_at_all(
    shop, monkeypatch
):
    monkeypatch.setattr("gateway.cache.read_through._PATIENCE_S", 0.05)
    shop.upstream.gate.clear()
    shop.clock.now_s += 50

    first = await shop.ask()
    asking = asyncio.create_task(shop.ask())
    await settle()
    assert asking.done()
    second = await asking
    shop.upstream.gate.set()
    await settle()

    assert first == second == Served(OLD, 50, "UPSTREAM_TIMEOUT")
    assert await shop.ask() == Served(NEW)
    assert shop.upstream.calls == 2


async def test_what_does_not_serve_the_purpose_is_not_served_and_covers_nothing(shop):
    unusable = shop.reading(is_usable=lambda invoice: invoice.state == "new")
    shop.upstream.answer = DEAD
    with pytest.raises(UpstreamUnavailableError):
        await shop.ask(reading=unusable)
    shop.upstream.answer = NEW

    assert await shop.ask(reading=unusable) == Served(NEW)


async def test_an_age_counts_from_the_moment_upstream_was_asked(shop):
    shop.upstream.gate.clear()
    asking = asyncio.create_task(shop.ask(key="G2"))
    await settle()
    shop.clock.now_s += 7
    shop.upstream.gate.set()
    await asking
    shop.clock.now_s += 10

    assert await shop.ask(key="G2") == Served(NEW, 17, "RENEWING")


async def test_an_entry_of_a_clock_that_is_ahead_is_as_old_as_now(shop):
    shop.clock.now_s -= 1_000

    assert await shop.ask(max_age_s=0, no_cache=True) == Served(OLD)


def test_nothing_is_of_use_to_anybody_behind_the_longest_window():
    assert Windows(10, 20, 5).usable_s == 30
    assert Windows(10, 20, 50).usable_s == 60
    assert CacheControl().allows(age_s=1e9, staleness_s=1e9, kept_s=1e9)
    assert math.isinf(CacheControl().max_stale_s)


async def test_a_fault_of_ours_in_renewing_is_not_tried_again_at_once(shop):
    shop.upstream.answer = ValueError("a fault of ours")
    shop.clock.now_s += 10
    first = await shop.ask()
    await settle()
    second = await shop.ask()

    assert (first.stale_because, second.stale_because) == ("RENEWING", "INTERNAL_SERVER_ERROR")
    assert shop.upstream.calls == 2
