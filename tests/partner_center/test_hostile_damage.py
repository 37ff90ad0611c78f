"""Good answers damaged at random places: whatever comes of them, it is an answer or an error of ours."""

import gzip
import random
from pathlib import Path

import pytest

from gateway.billing import EVERYTHING
from gateway.errors import GatewayError
from tests.partner_center.hostile_answers import CHUNKED, GZIP
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio

PAYLOADS = Path(__file__).parents[1] / "payloads"
BODIES = [
    (PAYLOADS / name).read_bytes()
    for name in ("invoice.modern.json", "invoices.page.json", "summaries.two-currencies.json")
]
WHOLE = [
    answer
    for body in BODIES
    for answer in (
        http(body),
        http(gzip.compress(body), 200, GZIP),
        CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
        http(body, 429, "Retry-After: 3"),
        http(body, 302, "Location: /x"),
    )
]
PIECES = [
    *(b"\r\n", b"\n", b":", b"\0", b"\xff", b"-", b"[", b"{", b'"', b"null", b"1e999999", b"9" * 30),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n"),
    *(b"Connection: close\r\n", b"Set-Cookie: a=\xff; Path=/\r\n", b"Location: http://[::\r\n"),
    *(b"HTTP/1.1 100 Go on\r\n\r\n", b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"Retry-After: 99999999999999999\r\n"),
]
HEAD_BYTES = 120


def damaged(chance: random.Random) -> bytes:
    answer = bytearray(chance.choice(WHOLE))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(chance.choice([len(answer), HEAD_BYTES]))
        until = at + chance.choice([0, 0, 1, 20])
        answer[at:until] = chance.choice([b"", chance.randbytes(1), *PIECES])
    return bytes(answer)


@pytest.mark.parametrize("seed", range(4))
async def test_a_damaged_answer_is_served_or_an_error_of_ours(serve, connect, operation, seed):
    chance = random.Random(seed)

    async def say(exchange: Exchange) -> bool:
        await exchange.send(damaged(chance))
        return False

    server = await serve(say)
    codes = set()
    for _ in range(100):
        # A new one each time: after a 429 a client makes no calls for a while.
        client = connect(server.url, timeout_s=0.2)
        for call in (
            client.invoice(operation, "G900000017"),
            client.invoice_summaries(operation),
            client.invoices(operation, EVERYTHING),
        ):
            try:
                await call
            except GatewayError as error:
                codes.add(error.code)

    assert "UPSTREAM_UNREADABLE" in codes
