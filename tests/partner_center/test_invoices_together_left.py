"""Invoices by id that were asked for together, and are not wanted any more: one of them, or all."""

import asyncio

import pytest

from tests.partner_center.asked_together import IDS, answer_each, answering, arrived, asked_for, until
from tests.partner_center.raw_server import Exchange

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


@pytest.mark.parametrize("warm", [["G7", "G8", "G9", "G0"], []], ids=["warm", "cold"])
async def test_one_is_left_and_the_others_arrive(serve, connect, operation, warm):
    closed = asyncio.Event()

    async def never(exchange: Exchange) -> None:
        await exchange.closed()
        closed.set()

    client = connect((await serve(answering({"G2": never}))).url, timeout_s=60, concurrency=8)
    await arrived(client, operation, warm)
    arriving = client.invoices_by_id(operation, IDS)
    said = []

    async def read():
        async for place, _answer in arriving.arrivals():
            said.append(place)

    reading = asyncio.create_task(read())
    await until(lambda: len(said) == 3)
    async with asyncio.timeout(5):
        arriving.leave(1)
        arriving.leave(1)
        await reading
        await closed.wait()

    assert sorted(said) == [0, 2, 3]
    assert client.calls.running == 0


async def test_what_has_come_for_one_that_was_left_does_not_arrive(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])
    arriving = client.invoices_by_id(operation, IDS)
    arrivals = arriving.arrivals()
    first, _answer = await anext(arrivals)
    await asyncio.sleep(0.1)
    *left, last = set(range(4)) - {first}
    for place in left:
        arriving.leave(place)

    assert [place async for place, _answer in arrivals] == [last]
    assert len(server.paths) == 8


@pytest.mark.parametrize("warm", [["G7", "G8", "G9", "G0"], []], ids=["warm", "cold"])
async def test_whoever_ends_before_the_end_leaves_all(serve, connect, operation, warm):
    ended = []

    async def never(exchange: Exchange) -> None:
        await exchange.closed()
        ended.append(asked_for(exchange))

    server = await serve(answering(dict.fromkeys(IDS, never)))
    client = connect(server.url, timeout_s=60)
    await arrived(client, operation, warm)
    arrivals = client.invoices_by_id(operation, IDS).arrivals()
    waiting = asyncio.create_task(anext(arrivals))
    await until(lambda: len(server.paths) == len(warm) + len(IDS))
    waiting.cancel()
    await asyncio.wait((waiting,))
    await arrivals.aclose()
    await until(lambda: sorted(ended) == IDS)

    assert waiting.cancelled()
    assert (client.calls.running, client.calls.waiting) == (0, 0)


async def test_one_that_waits_for_its_turn_is_left(serve, connect, operation):
    async def never(exchange: Exchange) -> None:
        await exchange.closed()

    server = await serve(never)
    client = connect(server.url, timeout_s=60, concurrency=1)
    arriving = client.invoices_by_id(operation, IDS)
    arrivals = arriving.arrivals()
    waiting = asyncio.create_task(anext(arrivals))
    await until(lambda: server.paths)
    before = (client.calls.running, client.calls.waiting)
    arriving.leave(2)
    after = (client.calls.running, client.calls.waiting)
    waiting.cancel()
    await asyncio.wait((waiting,))

    assert (before, after) == ((1, 3), (1, 2))
    assert (client.calls.running, client.calls.waiting) == (0, 0)
    assert len(server.paths) == 1
