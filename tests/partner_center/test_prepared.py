"""Responses that are made without their constructor are what the constructor makes."""

import httpx
import pytest

from gateway.partner_center.prepared import WholeBody, head_of, response_of

pytestmark = pytest.mark.anyio

HEADERS = [(b"Content-Type", b"application/json; charset=utf-8"), (b"X-A", b"1"), (b"x-a", b"2")]


async def test_a_response_is_the_one_that_httpx_would_make():
    usual = httpx.Response(299, headers=HEADERS, stream=WholeBody(b'"\xc3\xa9"'))
    light = response_of(299, HEADERS, WholeBody(b'"\xc3\xa9"'))

    assert vars(light).keys() == vars(usual).keys()
    assert light.headers.raw == usual.headers.raw == HEADERS
    assert light.headers == usual.headers
    assert light.headers["X-A"] == "1, 2"
    assert "x-b" not in light.headers
    assert not hasattr(light.headers, "nothing")
    assert await light.aread() == await usual.aread()
    assert light.json() == "é"


def test_responses_share_nothing_that_changes():
    one, other = (response_of(200, list(HEADERS), WholeBody(b"")) for _ in range(2))
    one.extensions["a"] = 1
    one.history.append(other)
    one.headers["b"] = "1"

    assert (other.extensions, other.history) == ({}, [])
    assert "b" not in other.headers
    assert one.headers.raw == [*HEADERS, (b"b", b"1")]


@pytest.mark.parametrize("value", [b"a\r\nB: c", b"a\nB: c", b"a\rB", b"a\0"])
def test_a_header_that_would_become_two_is_not_sent(value):
    with pytest.raises(httpx.LocalProtocolError) as raised:
        head_of(httpx.Request("GET", "http://127.0.0.1/", headers=[(b"Secret", value)]))

    assert "B" not in str(raised.value)


def test_a_head_is_the_request_line_and_all_headers():
    request = httpx.Request("GET", "http://127.0.0.1/a?b=c", headers=[(b"X-A", b"1")])

    assert head_of(request) == b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: 1\r\n\r\n"
