"""This moment: the calls of a batch, each shared, ended and cancelled by itself."""

import asyncio

import pytest

from gateway.operation import Deadline
from gateway.shared_calls import SharedCalls
from tests.told_calls import KEY, Upstream, settle, waiter

pytestmark = pytest.mark.anyio


async def test_who_names_a_key_twice_has_one_call_and_both_answers():
    calls, upstream = SharedCalls(), Upstream()
    upstream.answer.set()

    def start(times):
        assert times == 1
        return upstream()

    async with asyncio.timeout(1):
        answers = await calls.join_all([(KEY, 1), (KEY, 2)], start, Deadline.after(10))

    assert answers == ["answer 1", "answer 1"]
    assert len(calls) == 0


async def test_of_some_calls_those_that_end_in_time_are_answered_and_the_others_cancelled():
    calls, fast, slow = SharedCalls(), Upstream(), Upstream()
    fast.answer.set()
    both = [("fast", fast), ("slow", slow)]
    first, second = await calls.join_all(both, lambda upstream: upstream(), Deadline.after(0.02))
    await settle()

    assert (first, type(second)) == ("answer 1", TimeoutError)
    assert (fast.cancelled, slow.cancelled, len(calls)) == (0, 1, 0)


async def test_who_waits_for_one_of_anothers_calls_waits_for_no_other_and_keeps_it_when_the_other_leaves():
    calls, one, other = SharedCalls(), Upstream(), Upstream()
    both = [("one", one), ("other", other)]
    leaving = asyncio.create_task(calls.join_all(both, lambda upstream: upstream(), Deadline.after(10)))
    await settle()
    staying = waiter(calls, one, key="one")
    await settle()
    leaving.cancel()
    await settle()
    one.answer.set()

    assert await staying == "answer 1"
    assert (one.cancelled, other.cancelled, one.started, other.started) == (0, 1, 1, 1)


async def test_a_call_that_stands_twice_in_a_batch_is_cancelled_once():
    calls = SharedCalls()
    cancellations = []

    async def call(_what):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancellations.append(asyncio.current_task().cancelling())
            raise

    waiting = asyncio.create_task(calls.join_all([(KEY, 1), (KEY, 2)], call, Deadline.after(60)))
    await settle()
    waiting.cancel()
    await asyncio.wait((waiting,))
    await settle()

    assert cancellations == [1]
