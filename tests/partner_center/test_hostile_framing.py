"""Answers whose HTTP is hostile: floods, lengths that are none, heads beyond measure. Over raw sockets."""

import asyncio

import pytest

from gateway.billing import EVERYTHING
from gateway.errors import GatewayError, UpstreamTimeoutError
from tests.partner_center.hostile_answers import (
    BODY,
    CHUNKED,
    FLOODS,
    MISFRAMED,
    Dripping,
    Flood,
    LongBody,
    bomb,
    silence,
)
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

CALLS = {
    "invoice": lambda client, operation: client.invoice(operation, "G1"),
    "summaries": lambda client, operation: client.invoice_summaries(operation),
    "collection": lambda client, operation: client.invoices(operation, EVERYTHING),
}
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


async def failure(call) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        await call
    return raised.value


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_an_answer_without_end_is_unreadable_long_before_its_time_is_up(serve, connect, operation, call, flood):
    server = await serve(flood)
    client = connect(server.url, timeout_s=10)
    error = await failure(call(client, operation))

    assert error.extensions == {"code": "UPSTREAM_UNREADABLE"}
    assert len(server.exchanges) == 1


@pytest.mark.parametrize("answer", MISFRAMED.values(), ids=MISFRAMED.keys())
async def test_an_answer_framed_wrongly_is_unreadable_and_asked_for_once(serve, connect, operation, answer):
    server = await serve(saying(answer))
    error = await failure(connect(server.url).invoice_summaries(operation))

    assert error.extensions == {"code": "UPSTREAM_UNREADABLE"}
    assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    "behind",
    [b"ZZ\r\n{", b"-1\r\n", b"f" * 17 + b"\r\n", b"1\r\nno line's end", b"0\r\nno colon\r\n\r\n"],
    ids=["no-number", "negative", "above-64-bits", "longer-than-told", "no-trailer"],
)
async def test_a_body_that_goes_wrong_once_it_is_read_is_unreadable(serve, connect, operation, behind):
    async def go_wrong(exchange: Exchange) -> None:
        await exchange.send(CHUNKED + b"1\r\n{\r\n")
        await asyncio.sleep(0.02)
        await exchange.send(behind)

    server = await serve(go_wrong)
    error = await failure(connect(server.url).invoice_summaries(operation))

    assert error.extensions == {"code": "UPSTREAM_UNREADABLE"}
    assert len(server.exchanges) == 1


@pytest.mark.parametrize(
    "answer",
    [
        INTERIM * 16 + http(BODY),
        http(BODY, 200, *(f"X-{number}: a" for number in range(100))),
        http(BODY, 200, "X-Long: " + "a" * 8000),
        http(BODY, 200, "Content-Type: text/html"),
        b"HTTP/1.0 200 Yes\r\nContent-Length: 37\r\n\r\n" + BODY,
    ],
    ids=["16-interim-answers", "100-headers", "8-kb-header", "html-by-name", "http-1.0"],
)
async def test_an_answer_that_is_only_odd_is_served(serve, connect, operation, answer):
    server = await serve(saying(answer))
    summaries = await connect(server.url).invoice_summaries(operation)

    assert summaries.total_count == 7


async def test_interim_answers_are_counted_for_each_answer_of_a_connection(serve, connect, operation):
    server = await serve(saying(INTERIM * 10 + http(BODY)))
    client = connect(server.url)
    for _ in range(3):
        assert (await client.invoice_summaries(operation)).total_count == 7

    assert [exchange.connection for exchange in server.exchanges] == [1, 1, 1]


async def test_bytes_are_counted_for_each_answer_of_a_connection(serve, connect, operation):
    body = b'{"items":[' + b" " * 700_000 + b"]}"
    server = await serve(saying(http(body, 200, *("X-Long: " + "a" * 8000 for _ in range(100)))))
    client = connect(server.url)
    for _ in range(3):
        assert (await client.invoice_summaries(operation)).items == ()

    assert [exchange.connection for exchange in server.exchanges] == [1, 1, 1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["", "x: /y", "http://[::", "http://a:99999999/", "//", "\xff\xfe://", "javascript:a", "?" * 8000]
)
async def test_a_redirect_to_no_address_is_the_same_error_as_one_to_another(
    serve, connect, operation, status, location
):
    server = await serve(saying(http(b"", status, f"Location: {location}")))
    error = await failure(connect(server.url).invoice_summaries(operation))

    assert error.extensions == {"code": "UPSTREAM_ERROR", "upstreamStatus": status}
    assert len(server.exchanges) == 1


async def test_of_answers_without_end_the_first_is_served_and_the_connection_closed(serve, connect, operation):
    server = await serve(Flood(b"", http(BODY)))
    client = connect(server.url)
    for _ in range(2):
        assert (await client.invoice_summaries(operation)).total_count == 7
        async with asyncio.timeout(5):
            while server.open_connections:
                await asyncio.sleep(0.005)

    assert [exchange.connection for exchange in server.exchanges] == [1, 2]


@pytest.mark.parametrize("answer", [LongBody(300), saying(bomb(256))], ids=["300-mb", "gzip-of-256-mb"])
async def test_an_answer_far_too_long_is_left_at_its_limit(serve, connect, operation, answer):
    server = await serve(answer)
    error = await failure(connect(server.url).invoices(operation, EVERYTHING))

    assert error.message == "Partner Center's answer is longer than the gateway reads."
    assert error.extensions == {"code": "UPSTREAM_UNREADABLE"}


@pytest.mark.parametrize("answer", [silence, Dripping(http(BODY), 0.1)], ids=["silence", "a-byte-at-a-time"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_a_silent_or_dripping_answer_is_a_time_out(serve, connect, operation, call, answer):
    server = await serve(answer)
    client = connect(server.url, timeout_s=0.2)

    assert type(await failure(call(client, operation))) is UpstreamTimeoutError
    assert len(server.exchanges) == 1
