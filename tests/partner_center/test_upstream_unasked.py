"""What comes unasked, and lies at this machine's end of a connection as it is used again."""

import asyncio

import pytest

from gateway.partner_center.framing import Framing
from gateway.partner_center.lane import Lane
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio

STRAY = http(b'{"id":"STRAY"}')


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def answer(exchange: Exchange) -> None:
    invoice_id = exchange.head.split(b" ")[1].rpartition(b"/")[2]
    # A call that is made with another waits for its turn meanwhile, or is answered after the other.
    await asyncio.sleep(0.02 * exchange.number)
    await exchange.send(http(b'{"id":"%b"}' % invoice_id))


async def ids_of(calls) -> list[str]:
    return [invoice.id for invoice in await asyncio.gather(*calls)]


async def test_what_comes_as_an_answer_is_read_is_not_the_answer_of_the_call_that_waits_for_its_turn(
    serve, connect, operation, monkeypatch
):
    """One read takes so much and no more: what is behind it lies there when the answer is complete."""
    server = await serve(answer)
    client = connect(server.url, concurrency=1)
    await client.invoice(operation, "G0")
    feed = Framing.feed

    def feed_and_more_comes(framing: Framing, data: bytes) -> None:
        feed(framing, data)
        if len(server.exchanges) == 2:
            server.exchanges[1].send_at_once(STRAY)

    monkeypatch.setattr(Framing, "feed", feed_and_more_comes)

    assert await ids_of([client.invoice(operation, "G1"), client.invoice(operation, "G2")]) == ["G1", "G2"]
    assert [exchange.connection for exchange in server.exchanges] == [1, 1, 2]


@pytest.fixture
def failed(monkeypatch):
    """Passages of tries that lanes were told had failed."""
    told = []
    monkeypatch.setattr(Lane, "failed", lambda _lane, passage: told.append(passage))
    return told


async def one_by_one(client, operation, ids) -> set[str]:
    return {*await ids_of([client.invoice(operation, each) for each in ids])}


async def together(client, operation, ids) -> set[str]:
    return {invoice.id async for _place, invoice in client.invoices_by_id(operation, ids).arrivals()}


@pytest.mark.parametrize("comes", ["a-stray", "the-end"])
async def test_a_connection_that_has_served_and_is_not_fit_any_more_costs_no_try(
    serve, connect, operation, failed, comes
):
    """Neither is the request sent over it, nor does the lane hear of a failure."""
    server = await serve(answer)
    client = connect(server.url, concurrency=4)
    await one_by_one(client, operation, ["G1", "G2"])
    for way in (one_by_one, together):
        for exchange in server.exchanges[-2:]:
            if comes == "a-stray":
                exchange.send_at_once(STRAY)
            else:
                exchange.end_at_once()

        assert await way(client, operation, ["G3", "G4"]) == {"G3", "G4"}

    assert [exchange.connection for exchange in server.exchanges] == [1, 2, 3, 4, 5, 6]
    assert failed == []
    assert (client.calls.running, client.calls.waiting) == (0, 0)


async def test_what_comes_between_two_calls_of_one_turn_of_the_event_loop_is_not_the_answer_of_the_second(
    serve, connect, operation
):
    server = await serve(answer)
    client = connect(server.url, concurrency=2)
    await ids_of([client.invoice(operation, "G1"), client.invoice(operation, "G2")])

    async def more_comes() -> None:
        server.exchanges[0].send_at_once(STRAY)  # What was used last is taken first: this one is next.

    first, _, second = (
        asyncio.create_task(coroutine)
        for coroutine in (client.invoice(operation, "G3"), more_comes(), client.invoice(operation, "G4"))
    )

    assert await ids_of([first, second]) == ["G3", "G4"]
    assert [exchange.connection for exchange in server.exchanges[2:]] == [server.exchanges[1].connection, 3]
