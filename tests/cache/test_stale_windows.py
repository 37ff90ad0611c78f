"""Past the fresh window: served at once and renewed behind, then where upstream fails, and never to the refused."""

import asyncio
import math

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Stock
from gateway.errors import (
    ForbiddenError,
    MfaRequiredError,
    NotCachedError,
    OverloadedError,
    RateLimitedError,
    SignInFailedError,
    SignInUnavailableError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.freshness import CacheControl, Served, Windows
from tests.fakes import FakeClock, operation, scope

pytestmark = pytest.mark.anyio

INVOICE = Entity("invoice", Invoice | None)
WINDOWS = Windows(fresh_s=10, stale_s=20, stale_if_error_s=100)
OLD, NEW = Invoice("G1", state="old"), Invoice("G1", state="new")
DEAD = UpstreamUnavailableError("no connection")


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


@pytest.fixture
async def shop():
    opened = Shop()
    await opened.ask()
    opened.upstream.answer = NEW
    yield opened
    await opened.cache.close()


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


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
    await shop.ask(deadline_s=0.05)
    await asyncio.sleep(0.02)
    running = shop.cache.is_loading(shop.reading().key)
    await asyncio.sleep(0.1)

    assert (running, shop.cache.is_loading(shop.reading().key)) == (True, False)


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
    second = await asyncio.wait_for(shop.ask(), 0.04)
    shop.upstream.gate.set()
    await settle()

    assert first == second == Served(OLD, 50, "UPSTREAM_TIMEOUT")
    assert await shop.ask() == Served(NEW)
    assert shop.upstream.calls == 2


@pytest.mark.parametrize(
    "refusal",
    [UnauthenticatedError("no"), MfaRequiredError(), ForbiddenError("no", "2032")],
    ids=lambda refusal: refusal.code,
)
@pytest.mark.parametrize("age_s", [10, 50])
async def test_a_refusal_is_never_covered_and_ends_all_that_its_scope_has(shop, refusal, age_s):
    await shop.ask(key="G2")
    await shop.ask(key="G2", identity="token-2")
    shop.upstream.answer = refusal
    shop.clock.now_s += age_s

    if age_s < 30:  # In the stale window the refusal comes behind an answer.
        await shop.ask()
        await settle()
    with pytest.raises(type(refusal)):
        await shop.ask()
    shop.upstream.answer = DEAD
    with pytest.raises(UpstreamUnavailableError):
        await shop.ask(key="G2")
    assert (await shop.ask(key="G2", identity="token-2")).value == NEW


async def test_what_is_being_read_while_the_scope_is_refused_is_not_kept(shop):
    shop.upstream.gate.clear()
    reading = asyncio.create_task(shop.ask(key="G2"))
    await settle()
    slow, shop.upstream = shop.upstream, Upstream(UnauthenticatedError("no"))
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G3")
    slow.gate.set()

    assert await reading == Served(NEW)
    assert await shop.cache.look([shop.reading("G2")], CacheControl()) == {}
    assert await shop.cache.look([shop.reading("G1")], CacheControl()) == {}
    shop.upstream = slow
    for _ in range(2):
        assert await shop.ask(key="G2") == Served(NEW)
    assert slow.calls == 3


async def test_a_refusal_that_concerns_one_thing_alone_ends_nothing(shop):
    refused = shop.reading("G2", is_refusal=lambda _error: False)
    shop.upstream.answer = ForbiddenError("not by id", "900329")
    with pytest.raises(ForbiddenError):
        await shop.ask(reading=refused)

    assert await shop.ask() == Served(OLD)


async def test_a_sign_in_that_is_refused_is_not_covered(shop):
    shop.upstream.answer = SignInFailedError()
    shop.clock.now_s += 50

    with pytest.raises(SignInFailedError):
        await shop.ask()


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


async def test_who_asks_after_a_refusal_does_not_join_a_call_from_before_it(shop):
    shop.upstream.gate.clear()
    before = asyncio.create_task(shop.ask(key="G2"))
    await settle()
    slow, shop.upstream = shop.upstream, Upstream(UnauthenticatedError("no"))
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G3")
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G2")
    slow.gate.set()

    assert await before == Served(NEW)
