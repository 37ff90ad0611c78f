"""Invoices by id that are asked for together: each arrives, fails and is tried again by itself."""

import asyncio

import pytest

from gateway.errors import ForbiddenError, UpstreamBudgetExceededError, UpstreamUnreadableError
from tests.fakes import operation as an_operation
from tests.partner_center.asked_together import IDS, answer_each, answering, arrived, invoice
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def test_each_arrives_once_at_its_place(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    first, second = await arrived(client, operation), await arrived(client, operation)

    assert sorted(first) == sorted(second) == list(enumerate(IDS))
    assert sorted(server.paths) == sorted(f"/v1/invoices/{each}" for each in IDS * 2)
    assert operation.budget.spent == 8


async def test_who_is_answered_does_not_wait_for_who_is_not(serve, connect, operation):
    last = asyncio.Event()

    async def late(exchange: Exchange) -> None:
        await last.wait()
        await answer_each(exchange)

    client = connect((await serve(answering({"G1": late}))).url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])
    places = []
    async for place, _answer in client.invoices_by_id(operation, IDS).arrivals():
        places.append(place)
        if len(places) == 3:
            last.set()

    assert sorted(places[:3]) == [1, 2, 3]
    assert places[3] == 0


async def test_a_failure_takes_the_place_of_its_own_answer(serve, connect, operation):
    odd = {
        "G1": http(b"{}", 404),
        "G2": http(b"{}", 403),
        "G3": http(b'{"id":"G9"}'),
        "G4": http(b'{"id":5}'),
    }
    client = connect((await serve(answering(odd))).url)
    said = await arrived(client, operation, [*IDS, "G5", "no id"])

    assert sorted(said, key=lambda each: each[0]) == [
        (0, None),
        (1, ForbiddenError),
        (2, UpstreamUnreadableError),
        (3, UpstreamUnreadableError),
        (4, "G5"),
        (5, None),
    ]


async def test_one_that_fails_in_passing_is_tried_again_by_itself(serve, connect, operation):
    failures = [http(b"", 503), invoice("G2")]

    async def fail_once(exchange: Exchange) -> None:
        await exchange.send(failures.pop(0))

    server = await serve(answering({"G2": fail_once}))
    said = await arrived(connect(server.url), operation)

    assert sorted(said) == list(enumerate(IDS))
    assert sorted(server.paths) == sorted(f"/v1/invoices/{each}" for each in [*IDS, "G2"])


async def test_one_whose_body_is_still_coming_is_read_to_its_end(serve, connect, operation):
    async def in_two(exchange: Exchange) -> None:
        await exchange.send(invoice("G2")[:-4])
        await asyncio.sleep(0.05)
        await exchange.send(invoice("G2")[-4:])

    client = connect((await serve(answering({"G2": in_two}))).url)
    await arrived(client, operation, ["G7", "G8", "G9", "G0"])

    assert sorted(await arrived(client, operation)) == list(enumerate(IDS))


async def test_what_the_budget_does_not_hold_is_not_asked(serve, connect):
    server = await serve(answer_each)
    operation = an_operation(calls=3)
    said = await arrived(connect(server.url), operation)

    assert sorted(said, key=lambda each: each[0]) == [*enumerate(IDS[:3]), (3, UpstreamBudgetExceededError)]
    assert len(server.paths) == 3


async def test_more_than_have_their_turns_wait_for_them(serve, connect, operation):
    server = await serve(answer_each)
    ids = [f"G{number}" for number in range(40)]

    assert sorted(await arrived(connect(server.url, concurrency=2), operation, ids)) == list(enumerate(ids))
    assert len({exchange.connection for exchange in server.exchanges}) <= 2
