"""What replicas share over a real Redis: answers, their ages, calls, and the end of a scope's rights."""

import asyncio

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Replicas, Stock
from gateway.errors import ForbiddenError, UpstreamUnavailableError
from gateway.freshness import ANY_AGE, CacheControl, Served, Windows
from tests.fakes import FakeClock, operation, scope

pytestmark = [pytest.mark.anyio, pytest.mark.redis, pytest.mark.usefixtures("patient")]

INVOICE = Entity("invoice", Invoice | None)
WINDOWS = Windows(fresh_s=10, stale_s=20, stale_if_error_s=100)
OLD, NEW = Invoice("G1", state="old"), Invoice("G1", state="new")


class Upstream:
    def __init__(self):
        self.answer = OLD
        self.calls = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, asking):
        self.calls.append(asking.correlation_id)
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Shop:
    """Replicas of one gateway, before one upstream."""

    def __init__(self, open_store):
        self._open_store = open_store
        self.clock = FakeClock()
        self.upstream = Upstream()

    def replica(self):
        return ReadThroughCache(
            Stock(BoundedMemoryCache(1024**2), Replicas(self._open_store(), self.clock), self.clock)
        )

    def reading(self, key="G1", identity="token-1"):
        return Reading(Key(scope(identity), INVOICE, key), self.upstream, lambda _value: WINDOWS)

    async def look(self, replica, key="G1", identity="token-1", asked=ANY_AGE):
        reading = self.reading(key, identity)
        found = (await replica.look([reading], asked)).get(reading.key)
        return found and found.served

    async def load(self, replica, key="G1", identity="token-1", **asked):
        return await replica.load(self.reading(key, identity), operation(cache_control=CacheControl(**asked)))


@pytest.fixture
def shop(open_store):
    return Shop(open_store)


async def test_an_answer_keeps_its_age_and_its_windows_on_its_way(shop):
    await shop.load(shop.replica())
    other = shop.replica()
    shop.clock.now_s += 9
    fresh = await shop.look(other)
    shop.clock.now_s += 2
    stale = await shop.look(shop.replica())

    assert (fresh, stale) == (Served(OLD, 9), Served(OLD, 11, "RENEWING"))


async def test_what_another_replica_has_renewed_is_taken_in_the_place_of_what_is_stale(shop):
    first, second = shop.replica(), shop.replica()
    await shop.load(first)
    await shop.look(second)
    shop.clock.now_s += 15
    shop.upstream.answer = NEW
    await shop.load(first)

    assert await shop.look(second) == Served(NEW, 0)


async def test_one_call_is_made_by_all_replicas_together(shop):
    replicas = [shop.replica() for _ in range(4)]
    shop.upstream.gate.clear()
    asking = [asyncio.create_task(shop.load(replica)) for replica in replicas for _ in range(5)]
    await asyncio.sleep(0.3)
    shop.upstream.gate.set()

    assert await asyncio.gather(*asking) == [Served(OLD)] * 20
    assert len(shop.upstream.calls) == 1


async def test_one_renewal_is_made_by_all_replicas_together(shop):
    replicas = [shop.replica() for _ in range(3)]
    for replica in replicas:
        await shop.load(replica)
    shop.clock.now_s += 11
    shop.upstream.answer = NEW
    for replica in replicas:
        replica.renew_behind(shop.reading(), operation())
    while any(replica.is_loading(shop.reading().key) for replica in replicas):
        await asyncio.sleep(0.01)

    assert len(shop.upstream.calls) == 2
    assert [await shop.look(replica) for replica in replicas] == [Served(NEW, 0)] * 3


async def test_a_call_that_fails_leaves_the_next_replica_its_own(shop):
    first, second = shop.replica(), shop.replica()
    shop.upstream.answer = UpstreamUnavailableError("no")
    answers = await asyncio.gather(shop.load(first), shop.load(second), return_exceptions=True)

    assert [type(answer) for answer in answers] == [UpstreamUnavailableError] * 2
    assert len(shop.upstream.calls) == 2


async def test_a_refusal_ends_the_scope_in_the_shared_store_and_no_other_scope(shop):
    first, second = shop.replica(), shop.replica()
    for key, identity in (("G1", "token-1"), ("G2", "token-1"), ("G1", "token-2")):
        await shop.load(first, key, identity)
    shop.upstream.answer = ForbiddenError("no", "2032")
    with pytest.raises(ForbiddenError):
        await shop.load(second, "G3")

    assert [await shop.look(replica, "G2") for replica in (second, shop.replica())] == [None, None]
    assert await shop.look(shop.replica(), "G1", "token-2") == Served(OLD, 0)


async def test_what_was_being_read_elsewhere_during_a_refusal_is_not_shared(shop):
    first, second = shop.replica(), shop.replica()
    await shop.load(first, "G2")  # The scope has a generation.
    shop.upstream.gate.clear()
    slow = asyncio.create_task(shop.load(first))
    while len(shop.upstream.calls) < 2:
        await asyncio.sleep(0.01)
    held, shop.upstream = shop.upstream, Upstream()
    shop.upstream.answer = ForbiddenError("no", "2032")
    with pytest.raises(ForbiddenError):
        await shop.load(second, "G3")
    held.gate.set()
    await slow

    assert await shop.look(shop.replica()) is None


async def test_a_scope_may_be_read_again_after_a_refusal(shop):
    first = shop.replica()
    await shop.load(first)
    shop.upstream.answer = ForbiddenError("no", "2032")
    with pytest.raises(ForbiddenError):
        await shop.load(first, "G2")
    shop.upstream.answer = NEW
    await shop.load(first, "G2")

    assert await shop.look(shop.replica(), "G2") == Served(NEW, 0)
    assert await shop.look(shop.replica()) is None


async def test_no_cache_is_not_content_with_what_another_replica_has_had_for_a_while(shop):
    first, second = shop.replica(), shop.replica()
    await shop.load(first)
    shop.clock.now_s += 6
    shop.upstream.answer = NEW

    assert await shop.load(second, no_cache=True) == Served(NEW)
    assert await shop.load(first, no_cache=True) == Served(NEW)
    assert len(shop.upstream.calls) == 2


async def test_who_wants_an_answer_of_now_is_not_content_with_what_a_call_of_others_found(shop):
    first, second = shop.replica(), shop.replica()
    await shop.load(first)
    shop.clock.now_s += 8
    shop.upstream.answer = NEW

    answers = await asyncio.gather(shop.load(second), shop.load(second, no_cache=True))

    assert [answer.value for answer in answers] == [OLD, NEW]


async def test_what_is_older_than_what_is_here_is_not_taken_over(shop, direct):
    replica = shop.replica()
    await shop.load(replica)
    key = str(shop.reading().key)
    older = direct.get(key)
    shop.clock.now_s += 15
    shop.upstream.answer = NEW
    await shop.load(replica)
    direct.set(key, older)
    shop.clock.now_s += 12

    assert await shop.look(replica) == Served(NEW, 12, "RENEWING")


async def test_an_answer_of_a_clock_that_is_far_ahead_is_left_where_it_is(shop):
    await shop.load(shop.replica())
    shop.clock.now_s -= 5
    within_seconds = await shop.look(shop.replica())
    shop.clock.now_s -= 1

    assert (within_seconds, await shop.look(shop.replica())) == (Served(OLD, 0), None)


async def test_two_answers_of_a_scope_that_is_new_are_both_shared(shop):
    first, other = shop.replica(), shop.replica()
    await asyncio.gather(shop.load(first, "G1"), shop.load(first, "G2"))

    assert [await shop.look(other, key) for key in ("G1", "G2")] == [Served(OLD, 0)] * 2


@pytest.mark.parametrize("garbage", [b"", b"x", b"x" * 1_000_000])
async def test_a_generation_that_is_none_is_replaced(shop, direct, garbage):
    first, other = shop.replica(), shop.replica()
    await shop.load(first)
    (generation_key,) = [key for key in direct.scan_iter() if key.endswith(b":") and direct.strlen(key) == 8]
    direct.set(generation_key, garbage)

    assert await shop.look(other) is None
    await shop.load(other)
    assert await shop.look(shop.replica()) == Served(OLD, 0)


async def test_a_refusal_that_the_store_does_not_hear_of_is_remembered_here(shop, redis_server, monkeypatch):
    replica, other = shop.replica(), shop.replica()
    for key in ("G1", "G2"):
        await shop.load(other, key)
    await shop.look(replica)
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 0.05)
    redis_server.freeze()
    shop.upstream.answer = ForbiddenError("no", "2032")
    with pytest.raises(ForbiddenError):
        await shop.load(replica, "G3")
    redis_server.thaw()
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 10)
    while await replica.state() != "ok":
        await asyncio.sleep(0.05)

    assert [await shop.look(replica, key) for key in ("G1", "G2")] == [None, None]
    shop.clock.now_s += 1
    shop.upstream.answer = NEW
    await shop.load(replica)
    assert await shop.look(replica) == Served(NEW, 0)
