"""Answers that no server should give, and that go on for as long as anyone listens.

Each is what `RawServer` asks to answer with. An answer that is written to nobody any more ends by itself.
"""

import asyncio
import functools
import gzip
import zlib

from tests.partner_center.raw_server import Exchange, http

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = "Content-Encoding: gzip"
# What all three kinds of calls could be answered with.
BODY = b'{"id":"G1","totalCount":7,"items":[]}'
MEBIBYTE = 1024**2


class Flood:
    """Says one thing, then another again and again.

    Args:
        first: said once.
        then: said for as long as the connection is open.
    """

    def __init__(self, first: bytes, then: bytes) -> None:
        self._first = first
        self._then = then * (65_536 // len(then))

    async def __call__(self, exchange: Exchange) -> None:
        await exchange.send(self._first)
        while True:
            await exchange.send(self._then)


FLOODS = {
    "endless-chunks": Flood(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n"),
    "endless-chunks-of-a-byte": Flood(CHUNKED, b"1\r\n \r\n"),
    "endless-body": Flood(OK + b"\r\n", b" "),
    "endless-status-line": Flood(b"HTTP/1.1 200 ", b"O"),
    "endless-headers": Flood(OK, b"X-More: more\r\n"),
    "endless-header-name": Flood(OK, b"X"),
    "endless-header": Flood(OK + b"X-More: ", b"x"),
    "endless-chunk-extension": Flood(CHUNKED + b"5;more=", b"x"),
    "endless-chunk-size": Flood(CHUNKED, b"0"),
    "endless-trailers": Flood(CHUNKED + b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY), b"X-More: more\r\n"),
    "endless-blank-lines": Flood(b"", b"\r\n"),
    "endless-interim-answers": Flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}

MISFRAMED = {
    "10000-headers": http(BODY, 200, *(f"X-{number}: a" for number in range(10_000))),
    "two-equal-lengths": OK + b"Content-Length: 37\r\nContent-Length: 37\r\n\r\n" + BODY,
    "length-in-words": OK + b"Content-Length: five\r\n\r\n" + BODY,
    "length-of-nothing": OK + b"Content-Length:\r\n\r\n" + BODY,
    "signed-length": OK + b"Content-Length: +37\r\n\r\n" + BODY,
    "length-above-64-bits": OK + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "length-and-chunks": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
    "chunk-above-64-bits": CHUNKED + b"fffffffffffffffff\r\n{",
    "negative-chunk": CHUNKED + b"-5\r\n{",
    "version-1.9": http(BODY).replace(b"HTTP/1.1", b"HTTP/1.9"),
    "status-of-four-digits": http(BODY, 2000),
    "nul-in-a-header": http(BODY, 200, "X-Odd: a\0b"),
    "blank-in-a-header-name": http(BODY, 200, "X Odd: a"),
    "header-without-colon": OK + b"Odd\r\nContent-Length: 37\r\n\r\n" + BODY,
    "body-without-a-head": BODY,
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "encoding-named-twice": http(gzip.compress(BODY), 200, GZIP, GZIP),
    "gzip-within-gzip": http(gzip.compress(gzip.compress(BODY)), 200, GZIP),
    "gzip-not-named": http(gzip.compress(BODY)),
    "deflate": http(zlib.compress(BODY), 200, "Content-Encoding: deflate"),
    "17-interim-answers": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 17 + http(BODY),
}


@functools.cache
def bomb(mebibytes: int) -> bytes:
    """An answer of blanks, of which gzip leaves a thousandth."""
    packer = zlib.compressobj(9, wbits=31)
    blanks = b" " * MEBIBYTE
    return http(b"".join([*(packer.compress(blanks) for _ in range(mebibytes)), packer.flush()]), 200, GZIP)


class LongBody:
    """A body of so many mebibytes, its length truly told."""

    def __init__(self, mebibytes: int) -> None:
        self._mebibytes = mebibytes

    async def __call__(self, exchange: Exchange) -> None:
        await exchange.send(OK + b"Content-Length: %d\r\n\r\n" % (self._mebibytes * MEBIBYTE))
        for _ in range(self._mebibytes * 16):
            await exchange.send(b" " * 65_536)


async def silence(exchange: Exchange) -> None:
    """Never says anything."""
    await exchange.closed()


class Dripping:
    """Says an answer byte by byte.

    Args:
        answer: what is said.
        pause_s: before each byte.
    """

    def __init__(self, answer: bytes, pause_s: float) -> None:
        self._answer = answer
        self._pause_s = pause_s

    async def __call__(self, exchange: Exchange) -> None:
        for byte in self._answer:
            await asyncio.sleep(self._pause_s)
            await exchange.send(bytes([byte]))
