"""PDFs that break off, go on, or are read slowly: what their callers see, and what upstream is spared."""

import asyncio
import base64
import gzip
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from gateway.app import create_app
from gateway.partner_center.breaker import PROBE_EVERY_S
from gateway.settings import Settings
from tests.e2e.waiting import in_flight, wait_for
from tests.partner_center.raw_server import RawServer, http
from tests.raw_caller import RawCaller, head
from tests.web.test_web_connections import served

STATEMENT = "/documents/invoices/G000100143/statement"
UPSTREAM = "/v1/invoices/G000100143/documents/statement"
PIECE = b"%PDF-1.4\n".ljust(70_000, b".")


@pytest.fixture(scope="module")
def url(_served_sandbox):
    """A gateway of four calls at once, one of them for a PDF."""
    with served(create_app(Settings(upstream_url=_served_sandbox, upstream_concurrency=4))) as (url, _connections):
        yield url


def received(url, on_first=lambda: None):
    """Everything that comes for a statement until the connection ends.

    Args:
        url: of the gateway.
        on_first: called when the first of it is there.
    """
    with RawCaller(url, timeout_s=10) as caller:
        caller.send(head("GET", STATEMENT, Connection="close"))
        came = caller.socket.recv(65536)
        on_first()
        while data := caller.socket.recv(65536):
            came += data
    return came


async def received_from(*pieces, rest_after_s=0.0, rest=b"", **settings):
    """What comes where upstream says these pieces, and ends the connection once the first of them have arrived.

    Args:
        pieces: said at once.
        rest_after_s: how much later the rest is said.
        rest: of the last piece.
        settings: of the gateway.

    Returns:
        Everything that came, and how often upstream was asked.
    """
    has_arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def answer(exchange):
        for piece in pieces:
            await exchange.send(piece)
        await has_arrived.wait()
        await asyncio.sleep(rest_after_s)
        await exchange.send(rest)
        return False

    async with RawServer(answer) as upstream:
        app = create_app(Settings(upstream_url=upstream.url, max_pdf_bytes=2 * 1024**2, **settings))
        with served(app) as (url, _connections):
            came = await anyio.to_thread.run_sync(received, url, lambda: loop.call_soon_threadsafe(has_arrived.set))
        return came, len(upstream.exchanges)


def handed_out(body, **rule):
    return {"path": "*/documents/*", "body": "raw", "raw_base64": base64.b64encode(body).decode(), **rule}


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
END = b"0\r\n\r\n"


@pytest.mark.anyio
async def test_a_pdf_that_breaks_off_is_shorter_than_it_was_said_to_be_and_not_asked_for_again(caplog):
    came, asked = await received_from(OK + b"Content-Length: 70001\r\n\r\n", PIECE)
    said, _, body = came.partition(b"\r\n\r\n")

    assert said.startswith(OK)
    assert b"\r\ncontent-length: 70001\r\n" in said
    assert body == PIECE
    assert asked == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("pieces", "is_whole"),
    [([CHUNKED, CHUNK, END], True), ([CHUNKED, CHUNK], False), ([CHUNKED, *[CHUNK] * 40, END], False)],
    ids=["whole", "broken off", "too long"],
)
async def test_a_pdf_of_unknown_length_has_its_last_chunk_only_where_it_is_whole(pieces, is_whole):
    came, asked = await received_from(*pieces)

    assert came.startswith(OK)
    assert b"\r\ntransfer-encoding: chunked\r\n" in came
    assert came.endswith(b"\r\n" + END) is is_whole
    assert asked == 1


@pytest.mark.anyio
async def test_a_pdf_that_has_begun_by_the_deadline_may_end_after_it():
    length = OK + b"Content-Length: 70003\r\n\r\n"
    came, _asked = await received_from(length, PIECE, rest_after_s=1.1, rest=b"end", deadline_s=1)

    assert came.endswith(PIECE + b"end")


@pytest.mark.anyio
async def test_a_pdf_that_finds_out_whether_upstream_answers_again_may_end_after_the_deadline():
    async def answer(exchange):
        if b"/documents/" not in exchange.head:
            await exchange.send(http(b"", 503))
            return
        await exchange.send(OK + b"Content-Length: 70003\r\n\r\n" + PIECE)
        await asyncio.sleep(1.1)
        await exchange.send(b"end")

    ids = [f"G{number}" for number in range(10)]
    query = {"query": "query ($ids: [ID!]!) {invoicesById(ids: $ids) {id}}", "variables": {"ids": ids}}
    async with RawServer(answer) as upstream, httpx.AsyncClient() as client:
        with served(create_app(Settings(upstream_url=upstream.url, deadline_s=1))) as (url, _connections):
            await client.post(f"{url}/graphql", json=query, headers={"Authorization": "Bearer sandbox-partner-1"})
            await asyncio.sleep(PROBE_EVERY_S + 0.1)
            came = await anyio.to_thread.run_sync(received, url)

    assert came.endswith(PIECE + b"end")


@pytest.mark.anyio
async def test_a_compressed_pdf_is_handed_on_in_clear():
    packed = gzip.compress(PIECE)
    came, _asked = await received_from(http(packed, 200, "Content-Encoding: gzip"))

    assert b"content-length" not in came
    assert b"content-encoding" not in came
    assert PIECE in came
    assert came.endswith(END)


@pytest.mark.anyio
async def test_a_pdf_that_could_break_off_unseen_is_not_handed_on():
    came, asked = await received_from(OK + b"\r\n", PIECE)

    assert came.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b'"code":"UPSTREAM_UNREADABLE"' in came
    assert asked == 1


def test_a_caller_that_leaves_midway_ends_the_call_upstream(url, sandbox):
    sandbox.faults(handed_out(PIECE, drip_bytes_per_s=1000))
    with RawCaller(url) as caller:
        caller.send(head("GET", STATEMENT))
        caller.socket.recv(1024)
        assert in_flight(sandbox) == 1

    wait_for(lambda: in_flight(sandbox) == 0, 10)  # The whole would take a minute.


@pytest.mark.anyio
async def test_a_caller_that_does_not_read_holds_neither_upstream_nor_queries():
    """Its PDF is longer than all that lies between two sockets, and has a second and a half to its end."""
    written = []

    async def answer(exchange):
        if b"summaries" in exchange.head:
            await exchange.send(http(b'{"totalCount":3,"items":[]}'))
            return
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (1000 * len(PIECE)))
        for _ in range(1000):
            await exchange.send(PIECE)
            written.append(len(PIECE))

    async with RawServer(answer) as upstream:
        settings = Settings(
            upstream_url=upstream.url,
            cache_url="none://",
            upstream_concurrency=4,
            upstream_timeout_s=1.5,
            max_pdf_bytes=1000 * len(PIECE),
        )
        with served(create_app(settings), take_timeout_s=60) as (url, _connections), RawCaller(url) as caller:
            caller.send(head("GET", STATEMENT))
            async with httpx.AsyncClient() as client:
                query = {"query": "{invoiceSummaries {totalCount}}"}
                asked = await client.post(f"{url}/graphql", json=query, headers={"Authorization": "Bearer other"})
            with anyio.fail_after(20):
                while not upstream.exchanges or upstream.open_connections > 1:
                    await anyio.sleep(0.02)

    assert asked.json() == {"data": {"invoiceSummaries": {"totalCount": 3}}}
    assert 0 < len(written) < 1000


def test_of_four_turns_one_is_for_pdfs(url, sandbox):
    sandbox.faults({"path": "*/documents/*", "latency_ms": 50})

    def ask(_number):
        return httpx.get(f"{url}{STATEMENT}", headers={"Authorization": "Bearer sandbox-partner-1"}).status_code

    with ThreadPoolExecutor(3) as callers:
        assert list(callers.map(ask, range(3))) == [200] * 3

    assert sandbox.calls() == [UPSTREAM] * 3
    assert sandbox.peak_in_flight() == 1
