"""Calls that are cut off, and answers that break off: what they tell the breaker, and who is served all the same."""

import asyncio

import pytest

from gateway.errors import UpstreamTimeoutError, UpstreamUnavailableError
from gateway.partner_center import breaker
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio

ANSWER = http(b'{"id":"G1"}')


async def test_calls_that_are_cut_off_shortly_after_they_were_sent_say_nothing_of_upstream(serve, connect, operation):
    """An operation that comes to its last calls late has no patience left for them; upstream may be well."""

    async def take_longer_than_they_have(exchange: Exchange) -> object:
        return await (exchange.send(ANSWER) if exchange.number > 12 else exchange.closed())

    server = await serve(take_longer_than_they_have)
    # At the deadline the whole call ends, not one phase of it.
    client = connect(server.url, timeout_s=0.4, phase_timeout_s=5)
    outcomes = await asyncio.gather(
        *(client.invoice(operation, f"G{number}") for number in range(1, 13)), return_exceptions=True
    )
    served = await client.invoice(operation, "G1")

    assert [type(outcome) for outcome in outcomes] == [UpstreamTimeoutError] * 12
    assert len(server.exchanges) == 13
    assert served.id == "G1"


async def test_a_probe_whose_answer_breaks_off_is_tried_again_like_any_other_call(
    serve, connect, operation, monkeypatch
):
    monkeypatch.setattr(breaker, "PROBE_EVERY_S", 0.3)

    async def fail_then_break_off_then_answer(exchange: Exchange) -> object:
        if exchange.number <= 10:
            return await exchange.send(http(b"", 500))
        if exchange.number == 11:
            await exchange.send(ANSWER[:-4])
            return False
        return await exchange.send(ANSWER)

    server = await serve(fail_then_break_off_then_answer)
    client = connect(server.url)
    await asyncio.gather(*(client.invoice(operation, "G1") for _ in range(5)), return_exceptions=True)
    with pytest.raises(UpstreamUnavailableError):
        await client.invoice(operation, "G1")
    failed = len(server.exchanges)
    await asyncio.sleep(0.35)
    served = await client.invoice(operation, "G1")

    assert failed == 10
    assert served.id == "G1"
    assert len(server.exchanges) == 12
