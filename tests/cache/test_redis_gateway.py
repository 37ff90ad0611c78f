"""A Redis in trouble, from a caller's side: every answer is right and comes in time, and all heals."""

import asyncio

import pytest

from tests.redis_garbage import GARBAGE, replace_all

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

SUMMARIES = "{ invoiceSummaries { items { balanceAmount invoices(first: 5) { nodes { id totalCharges } } } } }"
CALLS = ["/v1/invoices/summaries", "/v1/invoices?size=500&offset=0"]
INVOICE = '{ invoice(id: "G000100001") { id totalCharges pdfDownloadLink } }'


@pytest.fixture
def start(start_gateway, redis_server):
    """Starts a replica that has nothing in its own memory, and whose answers are errors where they are not there soon.

    Waiting for a store that the test is `patient` with would take three times as long.
    """

    async def start():
        return await start_gateway(cache_url=f"redis://127.0.0.1:{redis_server.port}", deadline_s=3)

    return start


@pytest.fixture
async def truth(start_gateway, sandbox):
    """What is answered without a Redis."""
    gateway = await start_gateway()
    answers = {document: await gateway.ask(document) for document in (SUMMARIES, INVOICE)}
    sandbox.take_calls()
    return answers


async def until_state(gateway, state):
    for _ in range(200):
        if (await gateway.http.get("/readyz")).json()["checks"]["cache"] == state:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the cache is not {state} in ten seconds")


async def test_a_frozen_redis(start, sandbox, redis_server, truth):
    first, second, third = [await start() for _ in range(3)]
    await first.ask(SUMMARIES)
    assert sorted(sandbox.take_calls()) == sorted(CALLS)
    redis_server.freeze()

    assert await first.ask(SUMMARIES) == truth[SUMMARIES]  # Still fresh in its own memory.
    assert sandbox.take_calls() == []
    assert await second.ask(SUMMARIES) == truth[SUMMARIES]
    assert await second.ask(INVOICE) == truth[INVOICE]
    assert sorted(sandbox.take_calls()) == sorted([*CALLS, "/v1/invoices/G000100001"])
    ready = await second.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "degraded", "checks": {"cache": "degraded"}})

    redis_server.thaw()
    await until_state(third, "ok")
    assert await third.ask(SUMMARIES) == truth[SUMMARIES]
    assert sandbox.take_calls() == []


async def test_a_redis_that_is_frozen_from_the_start(start, sandbox, redis_server, truth):
    redis_server.freeze()
    gateway, other = await start(), await start()
    assert await gateway.ask(INVOICE) == truth[INVOICE]
    redis_server.thaw()
    await until_state(gateway, "ok")
    assert await gateway.ask(SUMMARIES) == truth[SUMMARIES]
    sandbox.take_calls()

    await until_state(other, "ok")
    assert await other.ask(SUMMARIES) == truth[SUMMARIES]
    assert sandbox.take_calls() == []


async def test_a_full_redis(start, sandbox, direct, truth, patient):
    first, second, third, fourth = [await start() for _ in range(4)]
    direct.config_set("maxmemory", 1)
    for gateway in (first, second):
        assert await gateway.ask(SUMMARIES) == truth[SUMMARIES]
        assert sorted(sandbox.take_calls()) == sorted(CALLS)
        assert (await gateway.http.get("/readyz")).json()["checks"]["cache"] == "ok"

    direct.config_set("maxmemory", 0)
    assert await third.ask(SUMMARIES) == truth[SUMMARIES]
    sandbox.take_calls()
    assert await fourth.ask(SUMMARIES) == truth[SUMMARIES]
    assert sandbox.take_calls() == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_under_our_keys(start, sandbox, direct, truth, kind):
    first, second, third = [await start() for _ in range(3)]
    await first.ask(SUMMARIES)
    assert replace_all(direct, [kind]) >= 2
    sandbox.take_calls()

    assert await second.ask(SUMMARIES) == truth[SUMMARIES]
    assert sorted(sandbox.take_calls()) == sorted(CALLS)
    assert await third.ask(SUMMARIES) == truth[SUMMARIES]
    assert sandbox.take_calls() == []


async def test_replicas_that_miss_an_answer_at_once_make_one_call(start, sandbox, truth, patient):
    replicas = [await start() for _ in range(3)]
    sandbox.faults({"latency_ms": 300})
    answers = await asyncio.gather(*(replica.ask(INVOICE) for replica in replicas for _ in range(10)))

    assert answers == [truth[INVOICE]] * 30
    assert sandbox.take_calls() == ["/v1/invoices/G000100001"]


async def test_a_call_that_a_replica_gives_up_is_made_by_the_next(start, sandbox, direct, truth, patient):
    first, second = [await start() for _ in range(2)]
    sandbox.faults({"hang": True, "times": 1})
    leaving = asyncio.create_task(first.ask(INVOICE))
    while sandbox.calls() != ["/v1/invoices/G000100001"]:
        await asyncio.sleep(0.02)
    staying = asyncio.create_task(second.ask(INVOICE))
    await asyncio.sleep(0.2)
    assert len(sandbox.take_calls()) == 1
    leaving.cancel()

    assert await asyncio.wait_for(staying, 5) == truth[INVOICE]
    assert sandbox.take_calls() == ["/v1/invoices/G000100001"]
    assert not any(key.endswith(b":lease") for key in direct.scan_iter())


async def test_a_redis_that_forgets_all(start, sandbox, direct, truth, patient):
    first, second, third = [await start() for _ in range(3)]
    await first.ask(SUMMARIES)
    direct.flushall()
    sandbox.take_calls()

    assert await second.ask(SUMMARIES) == truth[SUMMARIES]
    assert sorted(sandbox.take_calls()) == sorted(CALLS)
    assert await third.ask(SUMMARIES) == truth[SUMMARIES]
    assert sandbox.take_calls() == []
