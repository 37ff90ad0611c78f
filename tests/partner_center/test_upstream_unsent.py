"""Requests that wait for the end of a turn of the event loop, and do not go out."""

import asyncio
import socket

import httpx
import pytest

from gateway.outbox import Outbox
from gateway.partner_center.connection import Connection
from gateway.partner_center.exchange import Exchange
from gateway.partner_center.origin import Origin
from tests.partner_center.raw_server import http
from tests.test_outbox import the_end_of_the_turn

pytestmark = pytest.mark.anyio

UPSTREAM = Origin(is_secure=False, host="upstream", port=80)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Transport:
    """A connection's end that is made of nothing: it takes what is written, or fails."""

    def __init__(self, failure=None, descriptor=-1):
        self.failure, self.written, self.is_aborted = failure, [], False
        self.descriptor = descriptor

    def write(self, data):
        if self.failure is not None:
            raise self.failure
        self.written.append(data)

    def abort(self):
        self.is_aborted = True

    def get_extra_info(self, _name):
        return self

    def fileno(self):
        return self.descriptor

    def is_closing(self):
        return self.is_aborted


async def test_a_request_that_cannot_be_written_keeps_no_other_from_going_out():
    outbox, told = Outbox(), []
    transports = [Transport(), Transport(RuntimeError("Bearer secret")), Transport()]
    connections = [Connection(UPSTREAM, outbox, lambda _connection: None) for _ in transports]
    for number, (connection, transport) in enumerate(zip(connections, transports, strict=True)):
        connection.connection_made(transport)
        connection.ask(b"GET", 60, lambda number=number: told.append(number))
    async with asyncio.timeout(5):
        while not transports[2].written:
            await asyncio.sleep(0)

    assert [transport.written for transport in transports] == [[b"GET"], [], [b"GET"]]
    assert told == [1]
    assert isinstance(connections[1].error, httpx.WriteError)
    assert "secret" not in str(connections[1].error)
    assert transports[1].is_aborted


async def test_what_comes_and_is_no_data_spoils_a_connection_too():
    """As a part of TLS, of which a protocol is told nothing."""
    outbox, told = Outbox(), []
    other, mine = socket.socketpair()
    with other, mine:
        transport = Transport(descriptor=mine.fileno())
        connection = Connection(UPSTREAM, outbox, lambda _connection: None)
        connection.connection_made(transport)
        connection.ask(b"GET 1", 60, lambda: None)
        await the_end_of_the_turn()
        connection.data_received(http(b"{}"))
        has_served = connection.rest() and connection.is_usable()
        other.send(b"a ticket")
        connection.ask(b"GET 2", 60, lambda: told.append(connection.was_sent))
        await the_end_of_the_turn()

    assert has_served
    assert told == [False]
    assert Exchange(None, connection).is_void
    assert transport.written == [b"GET 1"]


async def test_a_request_whose_caller_has_left_before_the_turn_is_over_does_not_go_out():
    outbox, transport = Outbox(), Transport()
    connection = Connection(UPSTREAM, outbox, lambda _connection: None)
    connection.connection_made(transport)
    connection.ask(b"GET", 60, lambda: None)

    assert not connection.rest()
    await the_end_of_the_turn()
    assert transport.written == []
    assert transport.is_aborted


@pytest.mark.parametrize("comes", ["bytes", "the end"])
async def test_what_the_event_loop_sees_before_the_turn_is_over_is_no_answer_either(comes):
    outbox, transport, told = Outbox(), Transport(), []
    connection = Connection(UPSTREAM, outbox, lambda _connection: None)
    connection.connection_made(transport)
    connection.ask(b"GET", 60, lambda: told.append(connection.was_sent))
    if comes == "bytes":
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    else:
        connection.connection_lost(None)
    await the_end_of_the_turn()

    assert told == [False]
    # Over another new one it would be the same, again and again.
    assert not Exchange(None, connection).is_void
    assert isinstance(connection.error, httpx.RemoteProtocolError if comes == "bytes" else httpx.ReadError)
    assert transport.written == []
