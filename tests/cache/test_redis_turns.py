"""A slow Redis is asked sixteen things at once; who waits in vain for a turn is answered as if it were empty."""

import asyncio

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

AT_ONCE = 16


async def test_the_wait_for_a_turn_ends_before_a_turn_comes_and_is_held_against_nobody(
    open_store, redis_server, direct, monkeypatch
):
    direct.set("a", b"1")
    store = open_store()
    assert await store.get_many(["a"]) == [b"1"]
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 0.05)
    monkeypatch.setattr("gateway.cache.redis_store._SLOWEST_BYTES_PER_S", 4_000_000)
    redis_server.freeze()
    # Long values are given four seconds here, a turn a tenth of one.
    at_work = [asyncio.create_task(store.get_many(["a"], is_long=True)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    late = [asyncio.create_task(store.get_many(["a"])) for _ in range(200)]
    answers = await asyncio.gather(*late)
    still_at_work = [task.done() for task in at_work].count(False)
    next_one = asyncio.create_task(store.get_many(["a"]))
    for _ in range(10):
        await asyncio.sleep(0)
    waits_too = not next_one.done()
    redis_server.thaw()

    assert answers == [[None]] * 200
    assert (still_at_work, waits_too) == (AT_ONCE, True)
    assert await asyncio.gather(*at_work) == [[b"1"]] * AT_ONCE
    await next_one
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 10)
    assert await asyncio.gather(*(store.get_many(["a"]) for _ in range(200))) == [[b"1"]] * 200
