"""Whole answers go out when the turn of the event loop is over; whatever is done to their connection until then."""

import socket

import pytest

from gateway.web.answer_transport import AnswerTransport
from tests.raw_caller import RawCaller, head
from tests.test_outbox import the_end_of_the_turn
from tests.web.test_web_connections import served

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Transport:
    """A connection's end that is made of nothing, and takes what is written."""

    def __init__(self):
        self.written, self.is_closed = [], False

    def write(self, data):
        self.written.append(data)

    def is_closing(self):
        return self.is_closed


async def whole(send, body):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def in_pieces(send, body):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for byte in body:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
    await send({"type": "http.response.body"})


def received(url, sent):
    with RawCaller(url) as caller:
        caller.send(sent)
        data = b""
        while more := caller.socket.recv(65536):
            data += more
    return data


@pytest.mark.parametrize("end", ["shutdown", "timeout_keep_alive_handler", "send_400_response"])
def test_an_answer_is_there_though_its_connection_ends_in_the_same_turn(end):
    open_connections = set()

    async def app(_scope, _receive, send):
        await whole(send, b"all of it")
        for connection in tuple(open_connections):
            getattr(connection, end)(*["odd"] * (end == "send_400_response"))

    with served(app) as (url, connections):
        open_connections = connections
        answer = received(url, head("GET"))

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.partition(b"\r\n\r\n")[2].startswith(b"all of it")


def test_a_caller_that_says_that_it_has_said_all_is_answered():
    async def app(_scope, _receive, send):
        await whole(send, b"all of it")

    with served(app) as (url, _connections):
        answers = []
        for _ in range(50):
            with RawCaller(url) as caller:
                caller.send(head("GET"))
                caller.socket.shutdown(socket.SHUT_WR)
                answers.append(caller.socket.recv(65536).partition(b"\r\n\r\n")[2])

    assert answers == [b"all of it"] * 50


def test_answers_to_requests_that_were_sent_ahead_keep_their_order():
    bodies = iter([b"first", b"second", b"third", b"fourth", b"last"])

    async def app(scope, _receive, send):
        if scope["type"] != "http":
            return
        body = next(bodies)
        await (in_pieces if body == b"third" else whole)(send, body)

    with served(app, keep_alive_s=0.3) as (url, _connections):
        answers = received(url, head("GET") * 5)

    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 5
    places = [answers.index(body) for body in (b"first", b"second", b"1\r\nt\r\n1\r\nh\r\n", b"fourth", b"last")]
    assert places == sorted(places)


async def test_one_whole_answer_waits_for_the_end_of_the_turn_and_no_more():
    transport = Transport()
    answers = AnswerTransport(transport, lambda: None)
    answers.write_whole(b"first")
    waiting = list(transport.written)
    answers.write_whole(b"second")
    both = list(transport.written)
    answers.write_whole(b"third")
    await the_end_of_the_turn()

    assert (waiting, both) == ([], [b"first", b"second"])
    assert transport.written == [b"first", b"second", b"third"]


async def test_nothing_is_written_to_a_connection_that_has_ended_meanwhile():
    transport = Transport()
    AnswerTransport(transport, lambda: None).write_whole(b"first")
    transport.is_closed = True
    await the_end_of_the_turn()

    assert transport.written == []
