"""How answers of every shape leave a connection, each over a real socket."""

import pytest

from tests.raw_caller import RawCaller, head
from tests.web.test_web_connections import served

PLAIN = (b"content-type", b"text/plain")


def application(headers, *pieces, status=200):
    """An application whose answer has that shape."""

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    return app


def asked(app, sent):
    """All that comes for what is sent, then for a plain GET if the connection is open still."""
    with served(app, linger_s=0.1, keep_alive_s=0.3) as (url, _connections), RawCaller(url) as caller:
        caller.send(sent)
        received = b""
        try:
            while data := caller.socket.recv(65536):
                received += data
        except ConnectionError:
            pass
    return received.partition(b"\r\n\r\n")


def names(raw_head):
    found = [line.partition(b": ")[0] for line in raw_head.split(b"\r\n")[1:]]
    return [name for name in found if name not in (b"date", b"server")]


@pytest.mark.parametrize(
    ("headers", "pieces", "expected_names", "expected_body"),
    [
        ([PLAIN, (b"content-length", b"2")], [b"ab"], [b"content-type", b"content-length"], b"ab"),
        ([PLAIN, (b"content-length", b"2")], [b"a", b"b"], [b"content-type", b"content-length"], b"ab"),
        (
            [(b"content-length", b"100000")],
            [b"x" * 100_000],
            [b"content-length"],
            b"x" * 100_000,
        ),
        ([PLAIN], [b"ab"], [b"content-type", b"transfer-encoding"], b"2\r\nab\r\n0\r\n\r\n"),
        (
            [(b"content-length", b"1"), (b"connection", b"close")],
            [b"a"],
            [b"content-length", b"connection"],
            b"a",
        ),
        ([(b"x-tab", b"a\tb"), (b"content-length", b"0")], [b""], [b"x-tab", b"content-length"], b""),
    ],
    ids=["in one piece", "in two", "long", "without its length", "the last", "with a tab"],
)
def test_an_answer_has_its_head_and_its_body(headers, pieces, expected_names, expected_body):
    raw_head, _, body = asked(application(headers, *pieces), head("GET"))

    assert raw_head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (names(raw_head), body) == (expected_names, expected_body)


def test_the_answer_to_a_head_has_no_body():
    raw_head, _, body = asked(application([(b"content-length", b"2")], b"ab"), head("HEAD"))

    assert (names(raw_head), body) == ([b"content-length"], b"")


def test_a_caller_that_wants_the_connection_to_end_is_told_that_it_does():
    app = application([(b"content-length", b"2")], b"ab")
    raw_head, _, body = asked(app, head("GET", Connection="close"))

    assert (names(raw_head), body) == ([b"content-length", b"connection"], b"ab")


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"])
@pytest.mark.parametrize("length", [b"2", b"3"])
def test_a_header_that_holds_more_than_a_header_is_not_sent(value, length):
    app = application([(b"x-any", value), (b"content-length", length)], b"ab")
    received = b"".join(asked(app, head("GET")))

    assert b"set-cookie" not in received
    assert b"x-any" not in received


def test_a_body_of_another_length_than_is_said_is_not_sent():
    received = b"".join(asked(application([(b"content-length", b"1")], b"ab"), head("GET")))

    assert b"ab" not in received


def test_an_answer_that_is_the_last_ends_the_connection():
    app = application([(b"content-length", b"1"), (b"connection", b"close")], b"a")
    with served(app) as (url, _connections), RawCaller(url) as caller:
        caller.send(head("GET"))

        assert caller.rest().endswith(b"\r\n\r\na")


def test_an_answer_whose_last_piece_is_empty_ends_no_connection():
    app = application([(b"content-length", b"2")], b"ab", b"")
    with served(app) as (url, _connections), RawCaller(url) as caller:
        caller.send(head("GET") * 2)

        assert [caller.answer().body, caller.answer().body] == [b"ab", b"ab"]
        caller.send(head("GET"))
        assert caller.answer().body == b"ab"
