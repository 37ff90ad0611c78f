"""The transport's own promises, beside those that its callers' tests show: bounds, idle connections, what goes out."""

import asyncio

import httpx
import pytest

from gateway.partner_center import connection
from gateway.partner_center.transport import Transport, build_client
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

BODY = b'{"id":"G1"}'
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def get(client, path="/", headers=()) -> httpx.Response:
    """The answer with its body read."""
    response = await client.exchange(client.get_request(path, headers))
    try:
        await response.aread()
    finally:
        await response.aclose()
    return response


def client_of(url, *, timeout_s=5, **options):
    return build_client(url, timeout_s=timeout_s, transport=Transport(**{"max_connections": 2} | options))


async def test_a_connection_is_closed_when_it_was_idle_for_long(serve, monkeypatch):
    monkeypatch.setattr(connection, "IDLE_S", 0.3)
    server = await serve(saying(http(BODY)))
    async with client_of(server.url, timeout_s=30) as client:
        for _ in range(4):
            await get(client)
            await asyncio.sleep(0.1)
        kept = server.open_connections
        async with asyncio.timeout(5):
            while server.open_connections:
                await asyncio.sleep(0.01)

        assert [exchange.connection for exchange in server.exchanges] == [1, 1, 1, 1]
        assert kept == 1


async def test_an_idle_connection_is_looked_at_before_it_is_used_again(serve):
    """What has come unasked lies in the socket, where the event loop has had no moment to see it."""
    server = await serve(saying(http(BODY)))
    async with client_of(server.url) as client:
        await get(client)
        await server.exchanges[0].send(http(b"another's"))
        asking = asyncio.current_task()
        assert asking is not None
        response = await get(client)

    assert response.content == BODY
    assert [exchange.connection for exchange in server.exchanges] == [1, 2]


async def test_no_more_of_a_body_is_taken_in_than_its_reader_can_hold(serve):
    sent_bytes = 0

    async def send_64_mebibytes(exchange: Exchange) -> None:
        nonlocal sent_bytes
        await exchange.send(OK + b"Content-Length: %d\r\n\r\n" % 2**26)
        for _ in range(1024):
            await exchange.send(b" " * 65_536)
            sent_bytes += 65_536

    server = await serve(send_64_mebibytes)
    async with client_of(server.url) as client:
        response = await client.exchange(client.get_request("/", []))
        await asyncio.sleep(0.3)
        sent_unread_bytes = sent_bytes
        longest = total = 0
        async for part in response.stream:
            longest, total = max(longest, len(part)), total + len(part)
        await response.aclose()

    # What the systems' buffers hold comes on top.
    assert sent_unread_bytes < 16 * 1024**2
    assert longest <= connection.MAX_UNREAD_BYTES + 256 * 1024
    assert total == 2**26


@pytest.mark.parametrize("phase", ["head", "body"])
async def test_a_reader_waits_no_longer_than_the_time_between_two_pieces(serve, phase):
    async def fall_silent(exchange: Exchange) -> None:
        for piece in (OK, b"X: y\r\n") if phase == "head" else (OK + b"Content-Length: 9\r\n\r\n", b"abc", b"def"):
            await exchange.send(piece)
            await asyncio.sleep(0.2)
        await exchange.closed()

    server = await serve(fall_silent)
    async with client_of(server.url, timeout_s=0.5) as client:
        begun_s = asyncio.get_running_loop().time()
        async with asyncio.timeout(10):
            with pytest.raises(httpx.ReadTimeout):
                await get(client)
        taken_s = asyncio.get_running_loop().time() - begun_s

    assert taken_s > 0.6


@pytest.mark.parametrize(
    ("head", "is_read"),
    [
        (b"".join(b"X-%d: a\r\n" % number for number in range(127)), True),
        (b"".join(b"X-%d: a\r\n" % number for number in range(128)), False),
        (b"X: " + b"a" * 8190 + b"\r\n", True),
        (b"X: " + b"a" * 8191 + b"\r\n", False),
        (b"X" * 8191 + b": a\r\n", False),
    ],
    ids=["128-headers", "129-headers", "8190-bytes", "8191-bytes", "8191-bytes-of-name"],
)
async def test_headers_are_bounded_in_number_and_length(serve, head, is_read):
    server = await serve(saying(OK + head + b"Content-Length: 3\r\n\r\nabc"))
    async with client_of(server.url) as client:
        if is_read:
            assert (await get(client)).content == b"abc"
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                await get(client)


@pytest.mark.parametrize("more", [b"", b"Connection: upgrade\r\nUpgrade: h2c\r\n"], ids=["alone", "to-h2c"])
async def test_a_change_of_protocol_is_an_answer_and_the_connection_is_not_used_again(serve, more):
    server = await serve(saying(b"HTTP/1.1 101 Switching Protocols\r\n" + more + b"\r\n"))
    async with client_of(server.url) as client:
        statuses = [(await get(client)).status_code for _ in range(2)]

    assert statuses == [101, 101]
    assert [exchange.connection for exchange in server.exchanges] == [1, 2]


@pytest.mark.parametrize(
    ("header", "connections"), [("Connection: close", [1, 2]), ("Connection: keep-alive", [1, 1]), ("X: y", [1, 1])]
)
async def test_a_connection_is_kept_as_long_as_the_server_keeps_it(serve, header, connections):
    server = await serve(saying(http(BODY, 200, header)))
    async with client_of(server.url) as client:
        for _ in range(2):
            assert (await get(client)).content == BODY

    assert [exchange.connection for exchange in server.exchanges] == connections


@pytest.mark.parametrize("value", [b"secret\r\nX: y", b"secret\ny", b"secret\0"])
async def test_a_header_that_would_be_two_is_not_sent_and_not_told(serve, value):
    server = await serve(saying(http(BODY)))
    async with client_of(server.url) as client:
        with pytest.raises(httpx.LocalProtocolError) as raised:
            await get(client, headers=[(b"Authorization", value)])

    assert "secret" not in repr(raised.value)
    assert server.exchanges == []


async def test_a_request_with_a_body_is_none_of_its_business(serve):
    server = await serve(saying(http(BODY)))
    async with client_of(server.url) as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.post("/", content=b"x")

    assert server.exchanges == []


async def test_who_waits_for_a_connection_gets_the_next_that_is_free_or_is_told_in_time(serve):
    async def drip_the_third(exchange: Exchange) -> None:
        if exchange.number < 3:
            await exchange.send(http(BODY))
            return
        for at in range(0, len(answer), len(answer) // 8):
            await exchange.send(answer[at : at + len(answer) // 8])
            await asyncio.sleep(0.1)

    answer = http(BODY)
    server = await serve(drip_the_third)
    transport = Transport(max_connections=1)
    async with build_client(server.url, timeout_s=0.5, transport=transport) as client:
        outcomes = await asyncio.gather(*(get(client) for _ in range(5)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [httpx.Response] * 3 + [httpx.PoolTimeout] * 2
    assert [exchange.connection for exchange in server.exchanges] == [1, 1, 1]
    assert transport.taken == 0


async def test_an_idle_connection_makes_room_for_one_to_another_place(serve):
    first, second = await serve(saying(http(BODY))), await serve(saying(http(BODY)))
    async with client_of(first.url, max_connections=1) as client:
        for url in (first.url, second.url, first.url):
            assert (await client.get(url)).content == BODY
            await asyncio.sleep(0.01)
            assert first.open_connections + second.open_connections == 1

    assert [exchange.connection for exchange in first.exchanges] == [1, 2]


async def test_what_fails_before_an_answers_head_is_no_answer(serve):
    server = await serve(saying(b"nonsense\r\n\r\n"))
    async with client_of(server.url) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.exchange(client.get_request("/", []))


async def test_a_place_is_forgotten_with_its_last_connection(serve):
    servers = [await serve(saying(http(BODY))) for _ in range(3)]
    transport = Transport(max_connections=1)
    async with build_client(servers[0].url, timeout_s=5, transport=transport) as client:
        for server in servers:
            assert (await client.get(server.url)).content == BODY
            await asyncio.sleep(0.01)
        idle = transport._pool._idle  # noqa: SLF001 — what is remembered shows nowhere else.

        assert [(place.port, len(connections)) for place, connections in idle.items()] == [
            (httpx.URL(servers[2].url).port, 1)
        ]


async def test_its_end_ends_what_is_under_way_and_nothing_comes_after(serve):
    server = await serve(lambda exchange: exchange.closed())
    transport = Transport(max_connections=1)
    client = build_client(server.url, timeout_s=5, transport=transport)
    calls = [asyncio.create_task(get(client)) for _ in range(2)]
    while not server.exchanges:
        await asyncio.sleep(0.005)
    await client.aclose()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [httpx.ReadError, httpx.ConnectError]
    assert transport.taken == 0
    with pytest.raises(RuntimeError, match="closed"):
        await get(client)
