"""How an answer's bytes are framed, over real sockets: every way that is read, cuts, bombs and lies."""

import gzip
import zlib

import pytest

from gateway.errors import UpstreamError
from gateway.partner_center.client import MAX_BODY_BYTES
from tests.partner_center.failed_calls import failure
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

BODY = b'{"totalCount":7,"items":[]}'
GZIP = "Content-Encoding: gzip"


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


@pytest.mark.parametrize(
    "answer",
    [
        http(BODY),
        chunked(BODY[:5], BODY[5:], b""),
        http(gzip.compress(BODY), 200, GZIP),
        http(gzip.compress(BODY), 200, "content-encoding: GZIP"),
        http(BODY, 200, "Content-Encoding: identity"),
        http(b"\xef\xbb\xbf" + BODY),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(BODY),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY,
    ],
    ids=["length", "chunked", "gzip", "GZIP", "identity", "byte-order-mark", "100-continue", "until-closed"],
)
async def test_an_answer_is_read_however_it_is_framed(serve, connect, operation, answer):
    async def say_and_close(exchange: Exchange) -> bool:
        await exchange.send(answer)
        return False

    server = await serve(say_and_close)
    summaries = await connect(server.url).invoice_summaries(operation)

    assert summaries.total_count == 7


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(BODY[:10], length=len(BODY)), "UPSTREAM_UNREADABLE"),
        (chunked(BODY), "UPSTREAM_UNREADABLE"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n{", "UPSTREAM_UNREADABLE"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "UPSTREAM_UNAVAILABLE"),
        (b"", "UPSTREAM_UNAVAILABLE"),
    ],
    ids=["length", "no-last-chunk", "in-a-chunk", "in-the-headers", "nothing"],
)
async def test_an_answer_that_breaks_off_is_asked_for_twice(serve, connect, operation, answer, code):
    """Then its body is unreadable; where it had not even begun, upstream is unavailable."""

    async def break_off(exchange: Exchange) -> bool:
        await exchange.send(answer)
        return False

    server = await serve(break_off)
    error = await failure(connect(server.url), operation)

    assert error.extensions == {"code": code}
    assert len(server.exchanges) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
        http(BODY, 200, "X-Big: " + "a" * 200_000),
        http(BODY + b"and more", length=len(BODY)),
        http(BODY, 200, "Content-Encoding: br"),
        http(BODY, 200, "Content-Encoding: gzip, gzip"),
        http(BODY, 200, GZIP),
        http(gzip.compress(BODY)[:-1], 200, GZIP),
        http(gzip.compress(BODY)[:20], 200, GZIP),
        http(b"", 200, GZIP),
        http(zlib.compress(BODY), 200, GZIP),
        http(gzip.compress(BODY) + b"and more", 200, GZIP),
        http(gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), 200, GZIP),
    ],
    ids=[
        "not-http",
        "two-lengths",
        "negative-length",
        "bad-chunk",
        "200-kb-header",
        "too-short-length",
        "encoding-not-asked-for",
        "encoded-twice",
        "not-gzip",
        "gzip-without-its-last-byte",
        "half-a-gzip",
        "gzip-of-nothing",
        "zlib-as-gzip",
        "more-behind-gzip",
        "two-gzips",
    ],
)
async def test_an_answer_that_lies_about_its_framing_is_unreadable_and_asked_for_once(
    serve, connect, operation, answer
):
    server = await serve(saying(answer))
    error = await failure(connect(server.url), operation)

    assert error.extensions == {"code": "UPSTREAM_UNREADABLE"}
    assert len(server.exchanges) == 1


async def test_a_gzip_bomb_is_left_as_soon_as_it_is_too_long(serve, connect, operation):
    bomb = gzip.compress(b" " * (MAX_BODY_BYTES + 1))

    async def half_a_bomb(exchange: Exchange) -> None:
        # Its last bytes, which unfold to nothing any more, never come.
        await exchange.send(http(bomb[:-8], 200, GZIP, length=len(bomb)))
        await exchange.closed()

    server = await serve(half_a_bomb)
    error = await failure(connect(server.url), operation)

    assert error.message == "Partner Center's answer is longer than the gateway reads."
    assert len(bomb) < 2000


async def test_what_comes_behind_a_gzip_is_not_gathered(serve, connect, operation):
    async def go_on_forever(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n" + GZIP.encode() + b"\r\n\r\n" + gzip.compress(BODY))
        while True:
            await exchange.send(b"\0" * 65_536)

    server = await serve(go_on_forever)
    error = await failure(connect(server.url), operation)

    assert error.message == "Partner Center's answer goes on behind its end."


async def test_an_answer_that_switches_protocols_is_an_error(serve, connect, operation):
    server = await serve(saying(b"HTTP/1.1 101 Switching\r\nUpgrade: tea\r\nConnection: upgrade\r\n\r\nshort"))
    error = await failure(connect(server.url), operation)

    assert type(error) is UpstreamError
    assert error.upstream_status == 101
