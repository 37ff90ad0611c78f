"""When a connection ends early, and what that ends with it; and what ends no connection."""

import json
import time

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.e2e.waiting import in_flight, wait_for
from tests.raw_caller import RawCaller, head, request
from tests.web.test_web_connections import THREE, served

# As long as this may two lines of a client be apart on a busy machine.
LINGER_S = 1


@pytest.fixture(scope="module")
def gateway(_served_sandbox):
    """A gateway that has patience with heads and with upstream, and little with what comes after its answers."""
    app = create_app(Settings(upstream_url=_served_sandbox, cache_url="none://", deadline_s=60))
    with served(app, head_timeout_s=30, linger_s=LINGER_S, max_connections=2) as (url, connections):
        yield url, connections


@pytest.fixture
def url(gateway):
    """Its address, once nobody is connected any more."""
    url, connections = gateway
    wait_for(lambda: not connections, 10)
    return url


def test_whoever_is_connected_within_the_limit_is_served_though_a_stranger_connects_beyond_it(gateway, url):
    _url, connections = gateway
    with RawCaller(url) as first, RawCaller(url) as second:
        before = [first.ask().status, second.ask().status]
        with RawCaller(url) as stranger:
            wait_for(lambda: len(connections) == 3, 10)
            during = [first.ask(), second.ask()]
            refused = stranger.ask()

    assert before == [200, 200]
    assert [json.loads(answer.body) for answer in during] == [THREE, THREE]
    assert (refused.status, refused.codes) == (503, ["OVERLOADED"])


@pytest.mark.parametrize("requests", [1, 2, 3])
def test_a_caller_that_leaves_ends_its_upstream_call_however_many_requests_it_sent_ahead(url, sandbox, requests):
    sandbox.faults({"hang": True})
    with RawCaller(url) as caller:
        caller.send(request() * requests)
        wait_for(lambda: in_flight(sandbox) == 1, 10)

    wait_for(lambda: in_flight(sandbox) == 0, 10)
    assert sandbox.calls() == ["/v1/invoices/summaries"]


def test_a_hundred_requests_may_be_sent_ahead(url, sandbox):
    sandbox.faults({"latency_ms": 300})
    with RawCaller(url) as caller:
        caller.send(request() + head("GET", "/livez") * 100)

        assert [caller.answer().status for _ in range(101)] == [200] * 101


def test_one_request_more_ends_the_connection_and_the_call_under_way_without_an_answer(url, sandbox):
    sandbox.faults({"hang": True})
    with RawCaller(url) as caller:
        caller.send(request() + head("GET", "/livez") * 101)

        assert caller.rest() == b""

    wait_for(lambda: in_flight(sandbox) == 0, 10)


def test_an_answer_that_comes_before_the_bodys_end_ends_the_connection(url, sandbox):
    """Otherwise a caller would go on sending, for as long as it likes, what nobody reads."""
    without_token = head(Transfer_Encoding="chunked").replace(b"Authorization", b"X-Other")
    with RawCaller(url) as caller:
        caller.send(without_token + b"1\r\n{\r\n")
        answer = caller.answer()
        caller.send_until_closed((b"1\r\n \r\n" for _ in range(500)), pause_s=0.02)

    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
    assert sandbox.calls() == []


def test_an_answer_that_comes_before_a_body_that_comes_soon_ends_no_connection(url):
    """Most clients write a head, then its body; the answer said nothing of an end."""
    sent_head, _, body = request().replace(b"Authorization", b"X-Other").partition(b"\r\n\r\n")
    with RawCaller(url) as caller:
        caller.send(sent_head + b"\r\n\r\n")
        answer = caller.answer()
        caller.send(body)
        time.sleep(LINGER_S + 0.2)
        again = caller.ask()

    assert (answer.status, answer.codes, answer.headers.get("connection")) == (401, ["UNAUTHENTICATED"], None)
    assert json.loads(again.body) == THREE


@pytest.mark.parametrize("sent", [b"ZZ\r\n", b"1\r\n{\r\nZZ\r\n", b"1\r\n{}\r\n"], ids=["first", "second", "too-long"])
def test_a_body_whose_chunks_are_malformed_is_a_400_in_the_shape_of_errors(url, sandbox, sent):
    with RawCaller(url) as caller:
        caller.send(head(Transfer_Encoding="chunked"))
        time.sleep(0.05)
        caller.send(sent)
        answer = caller.answer()
        rest = caller.rest()

    assert (answer.status, answer.codes, answer.headers["connection"]) == (400, ["BAD_REQUEST"], "close")
    assert answer.headers["ms-correlationid"] == json.loads(answer.body)["errors"][0]["extensions"]["correlationId"]
    assert rest == b""
    assert sandbox.calls() == []
