"""What is tried a second time, and what is not."""

import asyncio
import time

import pytest
import stamina
from structlog.testing import capture_logs

from gateway.errors import (
    ForbiddenError,
    GatewayError,
    RateLimitedError,
    UnauthenticatedError,
    UpstreamBudgetExceededError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.operation import Budget, Operation
from tests.partner_center.raw_server import Exchange, http, saying

pytestmark = pytest.mark.anyio

NO_ITEMS = http(b'{"totalCount":0,"items":[]}')


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failure_that_may_pass_is_tried_again_with_the_same_ids(serve, connect, operation, status):
    server = await serve(saying(http(b"", status), NO_ITEMS))
    summaries = await connect(server.url).invoice_summaries(operation)
    first, second = (exchange.headers for exchange in server.exchanges)

    assert summaries.items == ()
    assert first == second


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failure_that_stays_is_tried_twice(serve, connect, operation, status):
    server = await serve(saying(http(b"", status)))
    with pytest.raises(UpstreamError) as raised:
        await connect(server.url).invoice_summaries(operation)

    assert raised.value.extensions == {"code": "UPSTREAM_ERROR", "upstreamStatus": status}
    assert server.paths == ["/v1/invoices/summaries"] * 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, UpstreamError),
        (302, UpstreamError),
        (400, UpstreamError),
        (401, UnauthenticatedError),
        (403, ForbiddenError),
        (404, UpstreamError),
        (408, UpstreamError),
        (409, UpstreamError),
        (429, RateLimitedError),
        (501, UpstreamError),
        (505, UpstreamError),
    ],
)
async def test_any_other_status_is_not_tried_again(serve, connect, operation, status, kind):
    server = await serve(saying(http(b"", status)))
    with pytest.raises(GatewayError) as raised:
        await connect(server.url).invoice_summaries(operation)

    assert type(raised.value) is kind
    assert server.paths == ["/v1/invoices/summaries"]


async def test_a_reset_is_tried_again_with_the_same_ids(serve, connect, operation):
    async def reset_first(exchange: Exchange) -> None:
        exchange.reset() if exchange.number == 1 else await exchange.send(NO_ITEMS)

    server = await serve(reset_first)
    await connect(server.url).invoice_summaries(operation)
    first, second = (exchange.headers for exchange in server.exchanges)

    assert first == second


async def test_resets_are_tried_twice_in_all(serve, connect, operation):
    async def reset(exchange: Exchange) -> None:
        exchange.reset()

    server = await serve(reset)
    with pytest.raises(UpstreamUnavailableError):
        await connect(server.url).invoice_summaries(operation)

    assert len(server.exchanges) == 2


async def test_an_unreadable_answer_is_not_asked_for_again(serve, connect, operation):
    server = await serve(saying(http(b"<html>")))
    with pytest.raises(UpstreamUnreadableError):
        await connect(server.url).invoice_summaries(operation)

    assert len(server.exchanges) == 1


async def test_a_time_out_is_not_tried_again(serve, connect, operation):
    async def hang(exchange: Exchange) -> None:
        await exchange.closed()

    server = await serve(hang)
    with pytest.raises(UpstreamTimeoutError):
        await connect(server.url, timeout_s=0.1).invoice_summaries(operation)

    assert len(server.exchanges) == 1


async def test_a_silence_within_a_call_is_a_time_out_and_not_tried_again(serve, connect, operation):
    async def fall_silent(exchange: Exchange) -> None:
        await exchange.send(NO_ITEMS[:-1])
        await exchange.closed()

    server = await serve(fall_silent)
    async with asyncio.timeout(5):  # The call has thirty seconds.
        with pytest.raises(UpstreamTimeoutError):
            await connect(server.url, timeout_s=30, phase_timeout_s=0.1).invoice_summaries(operation)

    assert len(server.exchanges) == 1


async def test_both_tries_and_the_wait_between_them_share_one_time_out(serve, connect, operation):
    async def fail_slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)
        await exchange.send(http(b"", 503))

    server = await serve(fail_slowly)
    with stamina.set_testing(False), pytest.raises(UpstreamTimeoutError):
        await connect(server.url, timeout_s=0.25).invoice_summaries(operation)

    assert len(server.exchanges) == 1


async def test_a_second_try_waits_a_tenth_to_half_a_second(serve, connect, operation):
    server = await serve(saying(http(b"", 503), NO_ITEMS))
    begun_s = time.monotonic()
    with stamina.set_testing(False), capture_logs() as logged:
        await connect(server.url).invoice_summaries(operation)
    waited_s = time.monotonic() - begun_s
    [planned_s] = [line["wait_for"] for line in logged if line["event"] == "stamina.retry_scheduled"]

    assert 0.1 <= planned_s <= 0.5
    assert waited_s > planned_s - 0.01
    assert len(server.exchanges) == 2


async def test_no_call_is_made_where_the_budget_is_spent(serve, connect, operation):
    server = await serve(saying(NO_ITEMS))
    poor = Operation(operation.caller, operation.correlation_id, operation.deadline, Budget(1))
    client = connect(server.url)
    await client.invoice_summaries(poor)
    with pytest.raises(UpstreamBudgetExceededError) as raised:
        await client.invoice_summaries(poor)

    assert raised.value.extensions == {
        "code": "UPSTREAM_BUDGET_EXCEEDED",
        "upstreamCalls": 2,
        "maxUpstreamCalls": 1,
    }
    assert len(server.exchanges) == 1
