"""This moment: one call for all who wait, ended by the last of them."""

import asyncio

import pytest

from gateway.errors import UpstreamUnavailableError
from gateway.shared_calls import SharedCalls
from tests.told_calls import KEY, Upstream, settle, waiter

pytestmark = pytest.mark.anyio


async def test_two_hundred_waiters_share_one_call():
    calls, upstream = SharedCalls(), Upstream()
    waiting = [waiter(calls, upstream) for _ in range(200)]
    await settle()
    upstream.answer.set()

    answers = await asyncio.gather(*waiting)

    assert answers == ["answer 1"] * 200
    assert upstream.started == 1
    assert len(calls) == 0


async def test_the_first_waiters_leaving_does_not_end_the_others_call():
    calls, upstream = SharedCalls(), Upstream()
    first, second = waiter(calls, upstream), waiter(calls, upstream)
    await settle()
    first.cancel()
    await settle()
    upstream.answer.set()

    assert await second == "answer 1"
    assert upstream.cancelled == 0


async def test_the_last_waiters_leaving_ends_the_call():
    calls, upstream = SharedCalls(), Upstream()
    waiting = [waiter(calls, upstream) for _ in range(3)]
    await settle()
    for task in waiting:
        task.cancel()
    await settle()

    assert upstream.cancelled == 1
    assert len(calls) == 0


async def test_who_comes_after_the_last_has_left_starts_a_call_of_their_own():
    calls, upstream = SharedCalls(), Upstream()
    left = waiter(calls, upstream)
    await settle()
    left.cancel()
    await asyncio.sleep(0)
    late = waiter(calls, upstream)
    await settle()
    upstream.answer.set()

    assert await late == "answer 2"


async def test_a_failure_reaches_every_waiter_and_is_not_kept():
    calls, upstream = SharedCalls(), Upstream()
    upstream.error = UpstreamUnavailableError("no connection")
    waiting = [waiter(calls, upstream) for _ in range(3)]
    await settle()
    upstream.answer.set()

    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    upstream.error = None

    assert [type(outcome) for outcome in outcomes] == [UpstreamUnavailableError] * 3
    assert await waiter(calls, upstream) == "answer 2"


async def test_a_waiter_gives_up_at_its_deadline_and_the_call_ends_with_it():
    calls, upstream = SharedCalls(), Upstream()

    with pytest.raises(TimeoutError):
        await waiter(calls, upstream, deadline_s=0.01)
    await settle()

    assert upstream.cancelled == 1


async def test_a_call_that_outlives_deadlines_runs_on_for_those_who_ask_next():
    calls, upstream = SharedCalls(), Upstream()
    with pytest.raises(TimeoutError):
        await waiter(calls, upstream, deadline_s=0.01, runs_on_s=60)
    late = waiter(calls, upstream, runs_on_s=60)
    await settle()
    upstream.answer.set()

    assert await late == "answer 1"
    assert upstream.cancelled == 0


async def test_a_call_that_outlives_deadlines_still_ends_when_every_waiter_has_left():
    calls, upstream = SharedCalls(), Upstream()
    left = waiter(calls, upstream, runs_on_s=60)
    await settle()
    left.cancel()
    await settle()

    assert upstream.cancelled == 1


async def test_calls_for_other_keys_are_not_shared():
    calls, upstream = SharedCalls(), Upstream()
    upstream.answer.set()

    await asyncio.gather(waiter(calls, upstream), waiter(calls, upstream, key="another"))

    assert upstream.started == 2


async def test_a_failure_that_nobody_waited_for_is_not_logged_as_forgotten(caplog):
    calls, upstream = SharedCalls(), Upstream()
    upstream.error = UpstreamUnavailableError("no connection")
    with pytest.raises(TimeoutError):
        await waiter(calls, upstream, deadline_s=0.01, runs_on_s=60)
    upstream.answer.set()
    await settle()

    assert len(calls) == 0
    assert caplog.messages == []


async def test_closing_ends_every_call():
    calls, upstream = SharedCalls(), Upstream()
    waiting = waiter(calls, upstream)
    await settle()

    await calls.close()

    assert upstream.cancelled == 1
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_call_that_was_begun_for_nobody_is_joined_by_who_comes():
    calls, upstream = SharedCalls(), Upstream()
    calls.begin(KEY, upstream, runs_on_s=60)
    calls.begin(KEY, upstream, runs_on_s=60)
    await settle()
    joining = waiter(calls, upstream)
    await settle()
    upstream.answer.set()

    assert await joining == "answer 1"
    assert upstream.started == 1


async def test_a_call_that_nobody_waits_for_ends_when_its_time_is_over():
    calls, upstream = SharedCalls(), Upstream()
    calls.begin(KEY, upstream, runs_on_s=0.2)
    await settle()
    assert len(calls) == 1
    async with asyncio.timeout(10):
        while not upstream.cancelled:
            await asyncio.sleep(0.01)

    assert (len(calls), upstream.cancelled) == (0, 1)


async def test_a_call_whose_time_is_over_goes_on_for_who_waits_for_it():
    calls, upstream = SharedCalls(), Upstream()
    calls.begin(KEY, upstream, runs_on_s=0.01)
    joining = waiter(calls, upstream)
    await asyncio.sleep(0.05)
    upstream.answer.set()

    assert await joining == "answer 1"


async def test_a_calls_age_is_that_of_the_one_running():
    calls, upstream = SharedCalls(), Upstream()
    calls.begin(KEY, upstream, runs_on_s=60)
    await asyncio.sleep(0.02)

    assert 0.02 <= calls.age_s(KEY) < 5
    assert calls.age_s("other") == 0.0
    await calls.close()


async def test_a_detached_call_goes_on_for_those_who_wait_and_is_joined_by_nobody_else():
    calls, upstream = SharedCalls(), Upstream()
    early = waiter(calls, upstream)
    await settle()
    calls.detach(KEY)
    other = Upstream()
    late = waiter(calls, other)
    await settle()
    upstream.answer.set()
    await early
    assert len(calls) == 1
    other.answer.set()
    await late

    assert (upstream.started, other.started, len(calls)) == (1, 1, 0)


async def test_closing_ends_detached_calls_too():
    calls, upstream = SharedCalls(), Upstream()
    waiting = waiter(calls, upstream)
    await settle()
    calls.detach(KEY)

    await calls.close()

    assert upstream.cancelled == 1
    with pytest.raises(asyncio.CancelledError):
        await waiting
