"""What is put into the outbox goes out when the turn of the event loop is over, unless something has come for it."""

import asyncio
import socket

import httpx
import pytest

from gateway.outbox import Outbox
from gateway.partner_center.connection import Connection
from gateway.partner_center.exchange import Exchange
from gateway.partner_center.origin import Origin

pytestmark = pytest.mark.anyio


UPSTREAM = Origin(is_secure=False, host="upstream", port=80)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Sending:
    """A sender at one end of a pair of sockets, which says what it was told to do."""

    def __init__(self, name, said, *, then=None):
        self.name, self.said, self.then = name, said, then
        self.other, self.mine = socket.socketpair()
        self.descriptor = self.mine.fileno()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.other.close()
        self.mine.close()

    def send(self):
        self.said.append(f"{self.name} sends")
        if self.then is not None:
            self.then()

    def keep(self):
        self.said.append(f"{self.name} keeps")


class Transport:
    """A connection's end that is made of nothing: it takes what is written, or fails."""

    def __init__(self, failure=None):
        self.failure, self.written, self.is_aborted = failure, [], False

    def write(self, data):
        if self.failure is not None:
            raise self.failure
        self.written.append(data)

    def abort(self):
        self.is_aborted = True

    def get_extra_info(self, _name):
        return self

    def fileno(self):
        return -1


async def test_all_go_out_in_their_order_when_the_turn_is_over():
    said, outbox = [], Outbox()
    with Sending("a", said) as first, Sending("b", said) as second:
        outbox.put(first)
        outbox.put(second)
        said.append("the turn is over")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert said == ["the turn is over", "a sends", "b sends"]


async def test_what_is_put_in_as_others_go_out_goes_out_with_the_next():
    said, outbox = [], Outbox()
    with Sending("b", said) as second, Sending("a", said, then=lambda: outbox.put(second)) as first:
        outbox.put(first)
        async with asyncio.timeout(5):
            while len(said) < 2:
                await asyncio.sleep(0)

    assert said == ["a sends", "b sends"]


@pytest.mark.parametrize("comes", ["bytes", "the end"])
async def test_one_for_whom_something_has_come_keeps_what_it_has_and_is_told_last(comes):
    said, outbox = [], Outbox()
    with Sending("a", said) as first, Sending("b", said) as second, Sending("c", said) as third:
        for sender in (first, second, third):
            outbox.put(sender)
        if comes == "bytes":
            first.other.send(b"unasked")
        else:
            first.other.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert said == ["b sends", "c sends", "a keeps"]


async def test_where_none_is_to_be_looked_at_nobody_looks(monkeypatch):
    """On Windows, to look at none is an error."""
    said, outbox = [], Outbox()
    monkeypatch.setattr("select.poll", None)
    with Sending("a", said) as new:
        new.descriptor = -1
        outbox.put(new)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert said == ["a sends"]


async def test_one_that_is_not_to_be_looked_at_sends_whatever_has_come():
    said, outbox = [], Outbox()
    with Sending("a", said) as new:
        new.other.send(b"a ticket")
        new.descriptor = -1
        outbox.put(new)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert said == ["a sends"]


async def test_a_fault_of_one_loses_nothing_of_others():
    said, told, outbox = [], [], Outbox()

    def fault():
        raise LookupError("ours")

    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(type(context["exception"])))
    with Sending("a", said, then=fault) as first, Sending("b", said) as second:
        outbox.put(first)
        outbox.put(second)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert said == ["a sends", "b sends"]
    assert told == [LookupError]


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


async def test_a_request_whose_caller_has_left_before_the_turn_is_over_does_not_go_out():
    outbox, transport = Outbox(), Transport()
    connection = Connection(UPSTREAM, outbox, lambda _connection: None)
    connection.connection_made(transport)
    connection.ask(b"GET", 60, lambda: None)

    assert not connection.rest()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
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
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert told == [False]
    # Over another new one it would be the same, again and again.
    assert not Exchange(None, connection).is_void
    assert isinstance(connection.error, httpx.RemoteProtocolError if comes == "bytes" else httpx.ReadError)
    assert transport.written == []
