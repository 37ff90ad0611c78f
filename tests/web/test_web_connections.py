"""What a caller can do to its connection, each over a real socket, and when the gateway has enough of it."""

import http.client
import json
import threading
import time
from contextlib import ExitStack, contextmanager
from itertools import repeat

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from gateway.app import create_app
from gateway.settings import Settings
from gateway.web.connection import Connection
from tests.raw_caller import RawCaller, head, request

THREE = {"data": {"invoiceSummaries": {"totalCount": 3}}}
LARGE_BYTES = 16 * 1024**2


async def large(_request):
    return Response(b"x" * LARGE_BYTES)


LARGE = Starlette(routes=[Route("/large", large)])


@contextmanager
def served(app, *, max_connections=None, keep_alive_s=15, **limits):
    """The address of an application behind the gateway's connections; limits by the name of `Connection`'s."""
    protocol = type("Hasty", (Connection,), {"head_timeout_s": 0.5, "linger_s": 0.5, "take_timeout_s": 0.5} | limits)
    config = uvicorn.Config(
        app,
        http=protocol,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        lifespan="auto",
        ws="none",
        limit_concurrency=max_connections,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=1,
    )
    listening = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", server.server_state.connections
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def gateway(_served_sandbox):
    """A gateway whose connections lose their patience within a second."""
    app = create_app(Settings(upstream_url=_served_sandbox, max_body_bytes=4096))
    with served(app, keep_alive_s=1) as (url, _connections):
        yield url


HALVES = {
    "nothing": b"",
    "a blank line": b"\r\n",
    "half a request line": b"POST /gra",
    "half a head": head()[:-2],
    "a header without its end": head()[:-4],
}


@pytest.mark.parametrize("answered_before", [False, True], ids=["first request", "second request"])
def test_a_request_head_that_does_not_come_ends_the_connection_and_harms_nobody(gateway, answered_before):
    with ExitStack() as open_ones:
        halves = [open_ones.enter_context(RawCaller(gateway)) for _ in HALVES]
        if answered_before:
            assert [half.ask().status for half in halves] == [200] * len(HALVES)
        for half, sent in zip(halves, HALVES.values(), strict=True):
            half.send(sent)
        answer = open_ones.enter_context(RawCaller(gateway)).ask()

        assert [half.rest() for half in halves] == [b""] * len(HALVES)
        assert json.loads(answer.body) == THREE


def test_bytes_that_come_one_by_one_win_no_time(gateway):
    begun_s = time.monotonic()
    with RawCaller(gateway) as caller:
        caller.send_until_closed((bytes([byte]) for byte in head() * 10), pause_s=0.02)

        assert time.monotonic() - begun_s > 0.4


def test_the_rest_of_a_body_that_was_answered_already_holds_no_connection(gateway):
    with RawCaller(gateway) as caller:
        caller.send(head("POST", "/livez", Content_Length=1000))
        answer = caller.answer()

        assert answer.status == 405
        caller.send_until_closed([b"x"] * 900, pause_s=0.02)


@pytest.mark.parametrize(
    "endless",
    [b"GET /" + b"x" * 65536, head()[:-2] + b"X: " + b"x" * 65536, head()[:-2] + b"X: x\r\n" * 11000],
    ids=["path", "one header", "many headers"],
)
def test_a_head_without_end_is_a_431(gateway, endless):
    with RawCaller(gateway) as caller:
        caller.send(endless)
        answer = caller.answer()

        assert (answer.status, answer.codes, answer.headers["connection"]) == (431, ["BAD_REQUEST"], "close")
        assert json.loads(answer.body)["errors"][0]["message"] == "The request's head is too long."
        assert answer.headers["ms-correlationid"] == json.loads(answer.body)["errors"][0]["extensions"]["correlationId"]


def test_a_trailer_without_end_ends_the_connection(gateway):
    with RawCaller(gateway) as caller:
        caller.send(head(Transfer_Encoding="chunked") + b"1\r\n{\r\n0\r\n")
        caller.send_until_closed([b"X: " + b"x" * 65536] * 1000)


def test_a_trailer_is_no_header(gateway):
    body = request().partition(b"\r\n\r\n")[2]
    lines = (
        b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    )
    with RawCaller(gateway) as caller:
        caller.send(lines + b"\r\n%x\r\n%b\r\n0\r\nAuthorization: Bearer sandbox-partner-1\r\n\r\n" % (len(body), body))
        answer = caller.answer()

        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
        assert caller.ask().status == 200


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_is_a_400_in_the_shape_of_errors(gateway, sent):
    with RawCaller(gateway) as caller:
        caller.send(sent)
        answer = caller.answer()

        assert (answer.status, answer.codes, answer.headers["connection"]) == (400, ["BAD_REQUEST"], "close")
        assert caller.rest() == b""


def in_chunks(body, chunk_bytes=65536):
    for at in range(0, len(body), chunk_bytes):
        yield body[at : at + chunk_bytes]


@pytest.mark.parametrize("streamed", [False, True], ids=["Content-Length", "chunked"])
def test_a_caller_that_sends_all_of_a_long_body_before_it_reads_gets_its_413(gateway, streamed):
    """A plain client gives up at a reset, which would come for every byte that the gateway leaves unread."""
    body = b" " * (4 * 1024**2)
    connection = http.client.HTTPConnection(gateway.removeprefix("http://"), timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
    connection.request("POST", "/graphql", in_chunks(body) if streamed else body, headers, encode_chunked=streamed)
    answer = connection.getresponse()
    refused = json.loads(answer.read())
    connection.close()

    assert answer.status == 413
    assert refused["errors"][0]["message"] == "The body is longer than 4096 bytes."


def test_a_body_without_end_is_not_read_for_ever(gateway):
    with RawCaller(gateway) as caller:
        caller.send(head(Transfer_Encoding="chunked"))

        assert caller.send_until_closed(repeat(b"1000\r\n" + b" " * 0x1000 + b"\r\n")) > 0.4


def test_a_caller_that_is_told_to_go_on_only_when_its_body_is_wanted_is_not_told_so(gateway):
    with RawCaller(gateway) as caller:
        caller.send(head(Content_Length=5000, Expect="100-continue"))

        assert caller.answer().status == 413


def test_a_caller_that_does_not_read_its_answer_is_cut_off():
    with served(LARGE) as (url, connections), RawCaller(url) as caller:
        caller.send(head("GET", "/large"))
        begun_s = time.monotonic()
        while not connections:
            time.sleep(0.01)
        while connections:
            assert time.monotonic() - begun_s < 10
            time.sleep(0.02)
        with pytest.raises(ConnectionError):
            caller.answer()


def test_a_caller_that_reads_slowly_but_reads_gets_all_of_it_and_may_ask_again():
    with served(LARGE, take_timeout_s=1) as (url, _connections), RawCaller(url) as caller:
        caller.send(head("GET", "/large"))
        time.sleep(0.1)
        first = caller.answer()
        time.sleep(1.1)
        caller.send(head("GET", "/large"))

        assert [len(first.body), len(caller.answer().body)] == [LARGE_BYTES] * 2


def test_beyond_the_limit_callers_are_told_so_and_health_checks_are_answered(sandbox):
    app = create_app(Settings(upstream_url=sandbox.url))
    with served(app, max_connections=10, head_timeout_s=30) as (url, connections), ExitStack() as open_ones:
        callers = [open_ones.enter_context(RawCaller(url)) for _ in range(10)]
        within = [caller.ask() for caller in callers]
        beyond = open_ones.enter_context(RawCaller(url))
        refused = beyond.ask()
        rest = beyond.rest()
        health = []
        for path in ("/livez", "/readyz"):
            with RawCaller(url) as check:
                check.send(head("GET", path))
                health.append(check.answer().status)
        callers.pop().socket.close()
        while len(connections) > 9:
            time.sleep(0.01)
        again = open_ones.enter_context(RawCaller(url)).ask()

    assert [answer.status for answer in within] == [200] * 10
    assert (refused.status, refused.codes) == (503, ["OVERLOADED"])
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
    assert rest == b""
    assert health == [200, 200]
    assert again.status == 200


def test_far_beyond_the_limit_connections_are_closed_without_a_word():
    app = LARGE
    with served(app, max_connections=10, head_timeout_s=30) as (url, connections), ExitStack() as open_ones:
        for _ in range(110):
            open_ones.enter_context(RawCaller(url))
        while len(connections) < 110:
            time.sleep(0.01)
        with RawCaller(url) as further:
            assert further.rest() == b""

        assert len(connections) == 110
