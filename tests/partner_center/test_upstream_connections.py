"""What goes wrong with connections, over real sockets: stale ones, none to be had, callers who leave."""

import asyncio

import pytest

from gateway.errors import OverloadedError, UpstreamTimeoutError, UpstreamUnavailableError
from gateway.partner_center.transport import Transport
from tests.partner_center.failed_calls import failure
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

BODY = b'{"totalCount":7,"items":[]}'


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(serve, connect, operation, status):
    elsewhere = await serve(saying(http(BODY)))
    server = await serve(saying(http(b"", status, f"Location: {elsewhere.url}/v1/invoices/summaries")))
    error = await failure(connect(server.url), operation)

    assert error.extensions == {"code": "UPSTREAM_ERROR", "upstreamStatus": status}
    assert server.paths == ["/v1/invoices/summaries"]
    assert elsewhere.paths == []


async def test_a_cookie_does_not_travel_with_the_next_call(serve, connect, operation):
    server = await serve(saying(http(BODY, 200, "Set-Cookie: session=of-another; Path=/")))
    # By a name: cookie jars keep none of an address.
    client = connect(server.url.replace("127.0.0.1", "localhost"))
    await client.invoice_summaries(operation)
    await client.invoice_summaries(operation)

    assert ["cookie" in exchange.headers for exchange in server.exchanges] == [False, False]


@pytest.mark.parametrize("status", [200, 404])
async def test_a_connection_is_kept_for_the_next_call(serve, connect, operation, status):
    server = await serve(saying(http(b'{"id":"G1","code":"1000"}', status)))
    client = connect(server.url)
    await client.invoice(operation, "G1")
    await client.invoice(operation, "G1")

    assert [exchange.connection for exchange in server.exchanges] == [1, 1]


async def test_a_connection_that_the_server_closed_while_idle_costs_no_call(serve, connect, operation):
    async def answer_once(exchange: Exchange) -> bool:
        await exchange.send(http(BODY))
        return False

    server = await serve(answer_once)
    client = connect(server.url)
    await client.invoice_summaries(operation)
    await until(lambda: server.open_connections == 0)
    await asyncio.sleep(0.01)
    await client.invoice_summaries(operation)

    assert [exchange.connection for exchange in server.exchanges] == [1, 2]


async def test_a_connection_that_turns_out_to_be_stale_is_replaced_by_the_second_try(serve, connect, operation):
    async def answer_once_then_reset(exchange: Exchange) -> None:
        await exchange.send(http(BODY)) if exchange.number != 2 else exchange.reset()

    server = await serve(answer_once_then_reset)
    client = connect(server.url)
    await client.invoice_summaries(operation)
    summaries = await client.invoice_summaries(operation)

    assert summaries.total_count == 7
    assert [exchange.connection for exchange in server.exchanges] == [1, 1, 2]


@pytest.mark.parametrize(
    "unasked",
    [http(b'{"totalCount":666,"items":[]}'), http(b'{"total', length=99), http(b"", 408), b"HTTP/1.1 200 OK\r\n"],
    ids=["an-answer", "half-a-body", "a-time-out", "half-a-head"],
)
async def test_what_comes_unasked_on_an_idle_connection_is_nobodys_answer(serve, connect, operation, unasked):
    sent = asyncio.Event()

    async def speak_out_of_turn(exchange: Exchange) -> None:
        await exchange.send(http(BODY))
        if exchange.number == 1:
            await asyncio.sleep(0.02)
            await exchange.send(unasked)
            sent.set()

    server = await serve(speak_out_of_turn)
    client = connect(server.url)
    await client.invoice_summaries(operation)
    await sent.wait()
    await asyncio.sleep(0.02)
    summaries = await client.invoice_summaries(operation)

    assert summaries.total_count == 7


@pytest.mark.parametrize("told", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"], ids=["before", "during"])
async def test_a_cancelled_call_gives_its_connection_and_its_turn_back(serve, connect, operation, told):
    async def hang_ten_times(exchange: Exchange) -> None:
        if exchange.number > 10:
            await exchange.send(http(BODY))
        else:
            await exchange.send(told)
            await exchange.closed()

    server = await serve(hang_ten_times)
    client = connect(server.url, concurrency=1)
    for number in range(1, 11):
        call = asyncio.create_task(client.invoice_summaries(operation))
        await until(lambda number=number: len(server.exchanges) == number)
        await asyncio.sleep(0.005)
        call.cancel()
        await asyncio.wait((call,))
    summaries = await client.invoice_summaries(operation)

    assert summaries.total_count == 7
    await until(lambda: server.open_connections == 1)


async def test_a_call_cancelled_while_it_waits_for_its_turn_takes_none(serve, connect, operation):
    going_on = asyncio.Event()

    async def answer_when_told(exchange: Exchange) -> None:
        await going_on.wait()
        await exchange.send(http(BODY))

    server = await serve(answer_when_told)
    client = connect(server.url, concurrency=1)
    calls = [asyncio.create_task(client.invoice_summaries(operation)) for _ in range(3)]
    await until(lambda: len(server.exchanges) == 1)
    calls[1].cancel()
    going_on.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome).__name__ for outcome in outcomes] == [
        "InvoiceSummaries",
        "CancelledError",
        "InvoiceSummaries",
    ]
    assert len(server.exchanges) == 2


async def test_no_more_calls_are_made_at_once_than_allowed(sandbox, connect, operation):
    sandbox.faults({"latency_ms": 30})
    client = connect(sandbox.url, transport=Transport(max_connections=50), concurrency=3)
    await asyncio.gather(*(client.invoice_summaries(operation) for _ in range(10)))

    assert len(sandbox.calls()) == 10
    assert sandbox.peak_in_flight() == 3


async def test_a_call_that_never_gets_its_turn_is_told_from_one_that_is_not_answered(sandbox, connect, operation):
    sandbox.faults({"hang": True})
    client = connect(sandbox.url, concurrency=1, timeout_s=0.5)
    outcomes = await asyncio.gather(
        client.invoice_summaries(operation), client.invoice(operation, "G000100001"), return_exceptions=True
    )

    assert [type(each) for each in outcomes] == [UpstreamTimeoutError, OverloadedError]
    assert sandbox.calls() == ["/v1/invoices/summaries"]


async def test_a_slow_answer_is_a_time_out_however_steadily_it_drips(sandbox, connect, operation):
    sandbox.faults({"drip_bytes_per_s": 1000})
    error = await failure(connect(sandbox.url, timeout_s=0.3), operation)

    assert error.extensions == {"code": "UPSTREAM_TIMEOUT"}
    assert sandbox.calls() == ["/v1/invoices/summaries"]


async def test_nobody_listening_is_unavailable(serve, connect, operation):
    server = await serve(saying(b""))
    await server.__aexit__(None, None, None)
    error = await failure(connect(f"http://127.0.0.1:{server.port}"), operation)

    assert type(error) is UpstreamUnavailableError


async def test_a_server_without_tls_behind_an_https_address_is_unavailable_and_sees_no_token(
    sandbox, connect, operation
):
    error = await failure(connect(sandbox.url.replace("http://", "https://")), operation)

    assert type(error) is UpstreamUnavailableError
    assert sandbox.calls() == []
