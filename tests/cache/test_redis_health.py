"""What a Redis in trouble costs those who ask it: little, once, and nobody else's answer."""

import asyncio
import time
from pathlib import Path

import pytest
import redis
from structlog.testing import capture_logs

from gateway.cache.redis_store import RedisStore

pytestmark = [pytest.mark.anyio, pytest.mark.redis]


@pytest.fixture
async def store(open_store):
    return open_store()


async def until(holds):
    """Waits for what has to come to hold; asks as a caller does."""
    for _ in range(400):
        if await holds():
            return
        await asyncio.sleep(0.025)
    raise AssertionError("it did not come to hold in ten seconds")


def in_use(store):
    """Connections that the pool takes for used; only the pool itself knows of one that is lost."""
    return len(store._cache.client.connection_pool._in_use_connections)  # noqa: SLF001


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def at_once(answer):
    """An answer that is waited for by nobody: not even for one turn of the event loop."""
    try:
        answer.send(None)
    except StopIteration as answered:
        return answered.value
    answer.close()
    raise AssertionError("it waits")


def told(logs):
    return [
        (line["log_level"], line.get("command"), line.get("reason")) for line in logs if line["log_level"] != "debug"
    ]


async def test_a_frozen_store_costs_its_time_out_once_and_heals(store, redis_server, direct, monkeypatch):
    monkeypatch.setattr("gateway.cache.redis_store._SECONDS_BETWEEN_PROBES", 0.05)
    direct.set("a", b"1")
    redis_server.freeze()
    with capture_logs() as logs:
        started_s = time.monotonic()
        async with asyncio.timeout(5):
            assert await store.get_many(["a"]) == [None]
        first_s = time.monotonic() - started_s
        for _ in range(3):
            assert at_once(store.get_many(["a"])) == [None]
            assert at_once(store.take_lease("a", "b", 1)) is None
            assert at_once(store.set("a", b"2", 60)) is None
        await asyncio.sleep(0.7)  # Two probes fail.
        redis_server.thaw()
        await until(lambda: _is([b"1"], store.get_many(["a"])))

    assert first_s > 0.2
    assert told(logs) == [("warning", None, None), ("info", None, None)]


async def test_a_dead_store_costs_nothing_and_heals(store, redis_server):
    await until(store.ping)
    redis_server.stop()
    with capture_logs() as logs:
        assert [await store.get_many(["a", "b"]) for _ in range(100)] == [[None, None]] * 100
        assert not await store.ping()
        redis_server.start()
        await until(lambda: store.set_if_absent("c", b"3", 60))

    assert [level for level, _command, _reason in told(logs)][:1] == ["warning"]


@pytest.mark.usefixtures("patient")
async def test_a_full_store_is_read_all_the_same_and_told_of_once(store, direct):
    await store.set("a", b"1", 60)
    direct.config_set("maxmemory", 1)
    with capture_logs() as logs:
        for _ in range(3):
            await store.set("b", b"2", 60)
            assert await store.set_if_absent("b", b"2", 60) is None
            assert await store.take_lease("c", "token", 1) is None
            assert await store.get_many(["a", "b"]) == [b"1", None]
    direct.config_set("maxmemory", 0)
    await store.set("b", b"2", 60)

    assert told(logs) == [("warning", "set", "OutOfMemoryError"), ("warning", "eval", "OutOfMemoryError")]
    assert await store.get_many(["a", "b"]) == [b"1", b"2"]


@pytest.mark.usefixtures("patient")
async def test_a_replica_that_takes_no_writes_is_read_all_the_same(store, direct):
    await store.set("a", b"1", 60)
    direct.replicaof("127.0.0.1", 1)
    await store.set("b", b"2", 60)

    assert await store.take_lease("c", "token", 1) is None
    assert await store.get_many(["a", "b"]) == [b"1", None]
    assert await store.ping()


@pytest.mark.usefixtures("patient")
async def test_garbage_of_every_type_is_absent_and_written_over(store, direct):
    put = {
        "string": lambda key: direct.set(key, b""),
        "list": lambda key: direct.rpush(key, 1),
        "set": lambda key: direct.sadd(key, 1),
        "zset": lambda key: direct.zadd(key, {"a": 1}),
        "hash": lambda key: direct.hset(key, "a", 1),
        "stream": lambda key: direct.xadd(key, {"a": 1}),
    }
    for kind, put_one in put.items():
        put_one(f"{kind}-1")
        put_one(f"{kind}-2")
        put_one(f"{kind}-3")

    assert await store.get_many([f"{kind}-1" for kind in put]) == [None] * 6
    for kind in put:
        await store.set(f"{kind}-1", b"1", 60)
        assert await store.set_if_absent(f"{kind}-2", b"2", 60)
    await store.delete([f"{kind}-3" for kind in put])
    assert await store.get_many([f"{kind}-{n}" for kind in put for n in (1, 2, 3)]) == [b"1", b"2", None] * 6
    assert {direct.type(f"{kind}-3") for kind in put} == {b"none"}


async def test_what_is_too_long_to_read_is_forgotten_and_stops_nobody_else(store, direct):
    direct.set("a", b"1")
    direct.setrange("long", 256 * 1024**2, b"x")

    assert await store.get_many(["long", "a"]) == [None, None]
    await until(lambda: _is([None, b"1"], store.get_many(["long", "a"])))
    await until(lambda: _is(0, asyncio.to_thread(direct.exists, "long")))


@pytest.mark.usefixtures("patient")
async def test_sixteen_mebibytes_are_kept_and_not_a_byte_more(store, direct):
    longest = b"x" * 16 * 1024**2
    direct.set("longer", longest + b"x")
    await store.set("a", longest, 60)
    with capture_logs() as logs:
        for _ in range(2):
            await store.set("b", longest + b"x", 60)
            await store.set("c", b"1", 60)

    assert told(logs) == [("warning", "set of more than 16 MiB", "too long")]
    assert await store.get_many(["a", "b", "longer"]) == [longest, None, None]


@pytest.mark.usefixtures("patient")
async def test_the_first_of_two_values_is_kept(open_store):
    first, second = open_store(), open_store()

    assert await first.set_if_absent("a", b"1", 60) is True
    assert await second.set_if_absent("a", b"2", 60) is False
    assert await second.get_many(["a"]) == [b"1"]


@pytest.mark.usefixtures("patient")
async def test_readers_who_leave_mix_up_no_answers_and_cost_no_connection(store, direct):
    expected = {f"key-{number}": b"%d" % number * 50 for number in range(200)}
    for key, value in expected.items():
        await store.set(key, value, 60)
    keys = list(expected)
    for turn in range(10):
        readers = [asyncio.create_task(store.get_many([key])) for key in keys]
        for left, reader in enumerate(readers):
            if left % 3 != turn % 3:
                reader.cancel()
            for _ in range(left % 4):  # Some leave before they have asked, some after, some with the answer on its way.
                await asyncio.sleep(0)
        answers = await asyncio.gather(*readers, return_exceptions=True)
        served = [(key, answer) for key, answer in zip(keys, answers, strict=True) if isinstance(answer, list)]
        assert len(served) >= 66
        assert [answer for _key, answer in served] == [[expected[key]] for key, _answer in served]

    assert await store.get_many(keys) == list(expected.values())
    assert in_use(store) == 0
    # The store's sixteen, this test's own, and the one that saw the server start.
    assert direct.info("stats")["total_connections_received"] <= 18


async def test_commands_that_time_out_mix_up_no_answers_and_lose_no_connection(store, redis_server, direct):
    expected = {f"key-{number}": b"%d" % number * 50 for number in range(100)}
    direct.mset(expected)
    for _ in range(3):
        redis_server.freeze()
        assert await asyncio.gather(*(store.get_many([key]) for key in expected)) == [[None]] * 100
        redis_server.thaw()
        await until(lambda: _is(list(expected.values()), store.get_many(list(expected))))

    for key, value in expected.items():
        await until(lambda key=key, value=value: _is([value], store.get_many([key])))
    assert in_use(store) == 0
    assert direct.info("clients")["connected_clients"] <= 17


async def test_a_long_value_that_a_frozen_store_does_not_take_is_let_go(store, redis_server):
    await store.ping()
    files = open_files()
    redis_server.freeze()
    async with asyncio.timeout(5):
        await store.set("a", b"x" * 16 * 1024**2, 60)

    assert open_files() <= files


async def test_a_server_that_speaks_no_redis_is_as_if_it_were_empty():
    async def babble(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" * 3)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        store = RedisStore(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert await store.get_many(["a"]) == [None]
        assert await store.take_lease("a", "token", 1) is None
        assert not await store.ping()
        await store.close()


async def test_closing_ends_what_runs_and_opens_nothing_after(store, redis_server, direct):
    tasks = asyncio.all_tasks()
    redis_server.freeze()
    reader = asyncio.create_task(store.get_many(["a"]))
    await asyncio.sleep(0.01)
    await store.close()
    await asyncio.gather(reader, return_exceptions=True)
    redis_server.thaw()

    assert await store.get_many(["a"]) == [None]
    assert asyncio.all_tasks() == tasks
    assert direct.info("clients")["connected_clients"] == 1


async def _is(expected, answer):
    try:
        return await answer == expected
    except redis.ConnectionError:
        return False
