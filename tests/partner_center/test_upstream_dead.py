"""An upstream that is dead for a while: few calls, fast failures, soon healed. In full under tests/promises."""

import asyncio
import time

import pytest

from gateway.caller import Caller, Scope
from gateway.errors import GatewayError
from gateway.operation import Budget, Deadline, Operation
from gateway.partner_center import tries
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio

BODY = b'{"totalCount":0,"items":[]}'


def an_operation(tenant="tenant-1", *, deadline_s=30.0) -> Operation:
    caller = Caller(Scope("public", tenant, "user-1"), f"token-of-{tenant}")
    return Operation(caller, "00000000-0000-0000-0000-000000000001", Deadline.after(deadline_s), Budget(120))


async def code_and_seconds(call) -> tuple[str, float]:
    begun_s = time.monotonic()
    try:
        await call
    except GatewayError as error:
        return error.code, time.monotonic() - begun_s
    return "", time.monotonic() - begun_s


class Mood:
    """A server that does as it is told.

    Attributes:
        is_dead: resets every connection of `tenant-1`.
    """

    def __init__(self):
        self.is_dead = True
        self.is_silent = False

    async def answer(self, exchange: Exchange) -> object:
        if not self.is_dead or "tenant-1" not in exchange.headers["authorization"]:
            return await exchange.send(http(BODY))
        if self.is_silent:
            return await exchange.closed()
        return exchange.reset()


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.wall_clock
async def test_a_dead_upstream_costs_a_tenth_of_the_calls_and_fails_fast_and_heals(serve, connect):
    mood = Mood()
    server = await serve(mood.answer)
    client = connect(server.url)
    dead_until_s = time.monotonic() + 2
    outcomes = []
    while time.monotonic() < dead_until_s:
        outcomes.append(await code_and_seconds(client.invoice(an_operation(), f"G{len(outcomes)}")))
        await asyncio.sleep(0.01)
    calls = len(server.exchanges)
    other = await code_and_seconds(client.invoice_summaries(an_operation("tenant-2")))
    mood.is_dead = False
    code = "not asked yet"
    async with asyncio.timeout(4):
        while code:
            await asyncio.sleep(0.01)
            code, _ = await code_and_seconds(client.invoice_summaries(an_operation()))

    assert {code for code, _seconds in outcomes} == {"UPSTREAM_UNAVAILABLE"}
    # Ten tries of five calls, and a probe each 0.75 s.
    assert 10 <= calls <= 13
    seconds = sorted(seconds for _code, seconds in outcomes[5:])
    assert seconds[int(len(seconds) * 0.9)] < 0.5
    assert other[0] == ""


async def test_one_tenants_dead_lane_leaves_turns_to_another(serve, connect):
    mood = Mood()
    mood.is_silent = True
    server = await serve(mood.answer)
    client = connect(server.url, timeout_s=30, concurrency=8)
    hanging = [asyncio.create_task(client.invoice(an_operation(), f"G{number}")) for number in range(30)]
    await until(lambda: len(server.exchanges) == 7)  # Of eight turns, one is kept for others.
    await client.invoice_summaries(an_operation("tenant-2"))
    ended = [call for call in hanging if call.done()]
    for call in hanging:
        call.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)

    assert ended == []


@pytest.fixture
def _soon_tried(monkeypatch):
    """A call that had a fifth of a second may be cut off, and says that upstream is slow."""
    monkeypatch.setattr(tries, "_LEAST_TRIED_S", 0.2)


@pytest.mark.usefixtures("_soon_tried")
@pytest.mark.parametrize(
    ("deadline_s", "leaves_after_s", "calls"), [(0.4, 0.45, 10), (10.0, 0, 12)], ids=["at the deadline", "before it"]
)
async def test_calls_that_are_cut_off_at_their_deadline_are_failures_and_those_whose_callers_left_are_not(
    serve, connect, deadline_s, leaves_after_s, calls
):
    mood = Mood()
    mood.is_silent = True
    server = await serve(mood.answer)
    client = connect(server.url)
    for number in range(12):
        call = asyncio.create_task(client.invoice_summaries(an_operation(deadline_s=deadline_s)))
        await until(lambda call=call, number=number: call.done() or len(server.exchanges) > number)
        await asyncio.wait((call,), timeout=leaves_after_s)
        call.cancel()
        await asyncio.wait((call,))

    assert len(server.exchanges) == calls


async def test_answers_that_cannot_be_understood_are_no_failures(serve, connect):
    async def say_nonsense(exchange: Exchange) -> object:
        if exchange.number % 2:
            return await exchange.send(http(b"<html>"))
        await exchange.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        return False

    server = await serve(say_nonsense)
    client = connect(server.url)
    codes = [(await code_and_seconds(client.invoice_summaries(an_operation())))[0] for _ in range(24)]

    assert codes == ["UPSTREAM_UNREADABLE"] * 24
    assert len(server.exchanges) == 24


async def opened(client, mood):
    """Ten failures, and the time until the first probe is due."""
    mood.is_silent = False
    for _ in range(5):
        assert (await code_and_seconds(client.invoice_summaries(an_operation())))[0] == "UPSTREAM_UNAVAILABLE"
    mood.is_silent = True
    await asyncio.sleep(0.76)


async def test_the_caller_whose_call_is_the_probe_of_a_silent_upstream_is_not_held_up(serve, connect):
    mood = Mood()
    server = await serve(mood.answer)
    client = connect(server.url)
    await opened(client, mood)
    calls_before = len(server.exchanges)
    code, _seconds = await code_and_seconds(client.invoice_summaries(an_operation()))

    assert code == "UPSTREAM_UNAVAILABLE"
    # The probe goes on.
    assert (len(server.exchanges), server.open_connections) == (calls_before + 1, 1)
    await client.aclose()
    await until(lambda: server.open_connections == 0)


async def test_a_probe_that_is_answered_late_heals_the_lane_though_nobody_waits_for_it(serve, connect):
    mood = Mood()

    async def wake_up_slowly(exchange: Exchange) -> object:
        if not mood.is_silent:
            return await mood.answer(exchange)
        await asyncio.sleep(0.2)
        return await exchange.send(http(BODY))

    server = await serve(wake_up_slowly)
    client = connect(server.url)
    await opened(client, mood)
    codes = [(await code_and_seconds(client.invoice_summaries(an_operation())))[0]]
    await asyncio.sleep(0.6)
    codes.append((await code_and_seconds(client.invoice_summaries(an_operation())))[0])

    assert codes == ["UPSTREAM_UNAVAILABLE", ""]


async def test_a_probe_that_nobody_waits_for_ends_at_its_deadline(serve, connect):
    mood = Mood()
    server = await serve(mood.answer)
    client = connect(server.url, timeout_s=30)
    await opened(client, mood)
    await code_and_seconds(client.invoice_summaries(an_operation(deadline_s=1)))

    assert server.open_connections == 1
    await until(lambda: server.open_connections == 0)


@pytest.mark.parametrize("told", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"], ids=["before", "during"])
async def test_a_probes_caller_who_leaves_ends_it_once_it_was_answered(serve, connect, told):
    """Before that it goes on: the whole lane waits for its outcome."""
    mood = Mood()

    async def say_and_hang(exchange: Exchange) -> object:
        if not mood.is_silent:
            return await mood.answer(exchange)
        await exchange.send(told)
        return await exchange.closed()

    server = await serve(say_and_hang)
    client = connect(server.url)
    await opened(client, mood)
    call = asyncio.create_task(client.invoice_summaries(an_operation()))
    await asyncio.sleep(0.2 if told else 0.03)
    call.cancel()
    await asyncio.wait((call,))
    await asyncio.sleep(0.1)

    assert server.open_connections == (0 if told else 1)
