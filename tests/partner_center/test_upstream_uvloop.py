"""Connections on the event loop that `gateway serve` runs on: uvloop hands bytes on at other moments than asyncio."""

import asyncio

import pytest

from gateway.errors import UpstreamUnreadableError
from tests.partner_center.raw_server import Exchange, http
from tests.partner_center.test_upstream_connections import (
    test_a_cancelled_call_gives_its_connection_and_its_turn_back,
    test_a_connection_that_the_server_closed_while_idle_costs_no_call,
    test_a_connection_that_turns_out_to_be_stale_is_replaced_by_the_second_try,
    test_what_comes_unasked_on_an_idle_connection_is_nobodys_answer,
)
from tests.partner_center.test_upstream_framing import (
    test_an_answer_is_read_however_it_is_framed,
    test_an_answer_that_breaks_off_is_asked_for_twice,
    test_an_answer_that_lies_about_its_framing_is_unreadable_and_asked_for_once,
)

__all__ = [
    "test_a_cancelled_call_gives_its_connection_and_its_turn_back",
    "test_a_connection_that_the_server_closed_while_idle_costs_no_call",
    "test_a_connection_that_turns_out_to_be_stale_is_replaced_by_the_second_try",
    "test_an_answer_is_read_however_it_is_framed",
    "test_an_answer_that_breaks_off_is_asked_for_twice",
    "test_an_answer_that_lies_about_its_framing_is_unreadable_and_asked_for_once",
    "test_what_comes_unasked_on_an_idle_connection_is_nobodys_answer",
]

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def banner():
    """The address of a server that answers before it is asked, and the connections that it got."""
    connections = []

    async def speak(reader, writer):
        connections.append(writer)
        try:
            writer.write(http(b"{}"))
            while await reader.read(1024):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    server.close()


async def test_a_server_that_answers_before_it_is_asked_costs_no_more_connections_than_the_pool_holds_and_one(
    banner, connect, operation
):
    url, connections = banner
    client = connect(url, concurrency=4, timeout_s=3)
    with pytest.raises(UpstreamUnreadableError):
        await client.invoice(operation, "G1")

    assert 1 <= len(connections) <= 5


async def test_a_pool_of_which_every_connection_was_spoken_on_unasked_costs_no_call(serve, connect, operation):
    """The connection after the last of them is new, and good."""
    both_asked, spoken = asyncio.Barrier(2), asyncio.Barrier(3)

    async def speak_out_of_turn(exchange: Exchange) -> None:
        if exchange.number <= 2:
            await both_asked.wait()
        await exchange.send(http(b'{"id":"G1"}'))
        if exchange.number <= 2:
            await asyncio.sleep(0.02)
            await exchange.send(http(b"", 408))
            await spoken.wait()

    server = await serve(speak_out_of_turn)
    client = connect(server.url, concurrency=2)
    await asyncio.gather(client.invoice(operation, "G1"), client.invoice(operation, "G1"))
    await spoken.wait()
    await asyncio.sleep(0.02)
    served = await client.invoice(operation, "G1")

    assert served.id == "G1"
    assert [exchange.connection for exchange in server.exchanges] == [1, 2, 3]
