"""One call per missing key across replicas; a dead holder, a dead store and garbage block nobody for long."""

import asyncio
from contextlib import suppress

import pytest

from gateway.cache.lease import Leases

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

KEY = "partner-center-gateway:a"
LEASE = f"{KEY}:lease"


@pytest.fixture
def replicas(open_store, patient):
    """As many as are unpacked, each with connections of its own."""
    return [Leases(open_store()) for _ in range(3)]


async def test_one_of_many_makes_the_call_and_the_others_find_its_answer(replicas, direct):
    calls = []

    async def load(leases):
        while not direct.exists(KEY):
            held = await leases.hold_or_wait(KEY)
            if held is not None:
                calls.append(leases)
                await asyncio.sleep(1.2)  # Longer than a lease that is not renewed.
                direct.set(KEY, "answer", px=10_000)
                await held.release()
        return direct.get(KEY)

    assert await asyncio.gather(*map(load, replicas)) == [b"answer"] * 3
    assert len(calls) == 1
    assert direct.exists(LEASE) == 0


@pytest.mark.usefixtures("long_leases")
async def test_a_release_lets_the_next_one_look_soon(replicas):
    first, second, _third = replicas
    held = await first.hold_or_wait(KEY)
    waiting = asyncio.create_task(second.hold_or_wait(KEY))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await held.release()

    async with asyncio.timeout(5):
        assert await waiting is None
    after = await second.hold_or_wait(KEY)
    assert after is not None
    await after.release()


async def test_a_holder_whose_call_fails_or_is_cancelled_gives_way(replicas, direct):
    first, second, _third = replicas

    async def call():
        held = await first.hold_or_wait(KEY)
        try:
            await asyncio.Event().wait()
        finally:
            await held.release()

    tasks = asyncio.all_tasks()
    running = asyncio.create_task(call())
    await until(lambda: direct.exists(LEASE))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert asyncio.all_tasks() == tasks
    held = await second.hold_or_wait(KEY)
    assert held is not None  # Who has waited for another would have to look again.
    await held.release()


async def test_what_another_took_over_is_not_released(replicas, direct, monkeypatch):
    monkeypatch.setattr("gateway.cache.lease._SECONDS_BETWEEN_RENEWALS", 0.1)
    first, second, _third = replicas
    stalled = await first.hold_or_wait(KEY)
    direct.delete(LEASE)
    held = await second.hold_or_wait(KEY)
    token = direct.get(LEASE)
    await asyncio.sleep(0.4)  # The first one's renewal comes meanwhile.
    await stalled.release()

    assert held is not None
    assert direct.get(LEASE) == token
    await held.release()
    assert direct.exists(LEASE) == 0


async def test_a_flush_in_the_middle_is_mended_by_the_next_renewal(replicas, direct):
    first, _second, _third = replicas
    held = await first.hold_or_wait(KEY)
    direct.flushall()
    await until(lambda: direct.exists(LEASE))

    await held.release()
    assert direct.exists(LEASE) == 0


async def test_those_who_wait_look_again_when_all_is_flushed(replicas, direct):
    first, second, third = replicas
    held = await first.hold_or_wait(KEY)
    waiting = [asyncio.create_task(leases.hold_or_wait(KEY)) for leases in (second, third)]
    await asyncio.sleep(0.1)
    assert not any(task.done() for task in waiting)
    for _ in range(500):  # A renewal may come before they look.
        direct.flushall()
        await asyncio.sleep(0.01)
        if all(task.done() for task in waiting):
            break

    assert [task.result() for task in waiting] == [None, None]
    await held.release()


@pytest.mark.parametrize(
    "put",
    [
        lambda direct: direct.set(LEASE, "garbage"),
        lambda direct: direct.set(LEASE, ""),
        lambda direct: direct.set(LEASE, "garbage", ex=10_000),
        lambda direct: direct.rpush(LEASE, 1),
        lambda direct: direct.sadd(LEASE, 1),
        lambda direct: direct.zadd(LEASE, {"a": 1}),
        lambda direct: direct.hset(LEASE, "a", 1),
        lambda direct: direct.xadd(LEASE, {"a": 1}),
    ],
    ids=["string", "empty", "long-lived", "list", "set", "zset", "hash", "stream"],
)
async def test_garbage_under_a_lease_blocks_nobody(replicas, direct, put):
    first, second, _third = replicas
    put(direct)
    held = await first.hold_or_wait(KEY)
    assert held is not None
    assert 0 < direct.pttl(LEASE) <= 1000

    waiting = asyncio.create_task(second.hold_or_wait(KEY))
    await asyncio.sleep(0.1)
    direct.delete(LEASE)
    put(direct)
    assert await waiting is None
    await held.release()


@pytest.mark.usefixtures("long_leases")
async def test_garbage_that_ends_soon_is_waited_for_to_its_end(replicas, direct):
    direct.rpush(LEASE, 1)
    direct.pexpire(LEASE, 300)
    first, *_others = replicas
    async with asyncio.timeout(5):
        while (held := await first.hold_or_wait(KEY)) is None:
            await asyncio.sleep(0.01)

    await held.release()


async def test_a_waiter_may_leave(replicas, direct):
    first, second, _third = replicas
    held = await first.hold_or_wait(KEY)
    tasks = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.hold_or_wait(KEY), 0.2)
    await held.release()

    assert asyncio.all_tasks() <= tasks
    assert direct.exists(LEASE) == 0


class SlowStore:
    """Remembers what it was asked; renewals take a while."""

    def __init__(self):
        self.asked = []
        self.may_renew = asyncio.Event()

    async def get_many(self, keys):
        return [None for _ in keys]

    async def take_lease(self, _key, _token, _ttl_s):
        if self.asked:
            self.asked.append("renewal begins")
            await self.may_renew.wait()
            self.asked.append("renewal ends")
        else:
            self.asked.append("take")
        return True

    async def give_back_lease(self, _key, _token):
        self.asked.append("give back")


async def test_no_renewal_comes_after_the_giving_back(monkeypatch):
    monkeypatch.setattr("gateway.cache.lease._SECONDS_BETWEEN_RENEWALS", 0.01)
    store = SlowStore()
    held = await Leases(store).hold_or_wait(KEY)
    await until(lambda: len(store.asked) == 2)
    releasing = asyncio.create_task(held.release())
    await asyncio.sleep(0.05)
    store.may_renew.set()
    await releasing

    assert store.asked == ["take", "renewal begins", "renewal ends", "give back"]


async def until(holds):
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.025)
    raise AssertionError("it did not come to hold in ten seconds")
