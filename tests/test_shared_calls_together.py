"""Calls that are started together: each is shared, left and ended as one that has a task of its own."""

import asyncio

import pytest

from gateway.operation import Deadline
from gateway.shared_calls import SharedCalls

pytestmark = pytest.mark.anyio

WANTED = [("a", 1), ("b", 2), ("c", 3)]


class Batch:
    """Whoever makes calls together: remembers what it was asked for and what was left, and tells what a test says."""

    def __init__(self):
        self.asked = []
        self.left = []
        self.told = []

    def start(self, whats, told):
        self.asked.append(whats)
        self.told.append(told)
        return lambda place: self.left.append(whats[place])


async def alone(_what):
    raise AssertionError("it is made together")


def waiting(calls, batch, wanted=WANTED, deadline_s=10, runs_on_s=0.0):
    deadline = Deadline.after(deadline_s)
    return asyncio.create_task(calls.join_all(wanted, alone, deadline, runs_on_s=runs_on_s, start_all=batch.start))


async def test_each_is_told_at_its_place():
    calls, batch = SharedCalls(), Batch()
    waiter = waiting(calls, batch, [*WANTED, ("a", 9)])
    await asyncio.sleep(0)
    failure = ValueError("b")
    for place, outcome in ((2, "C"), (0, None), (1, failure)):
        batch.told[0](place, outcome)

    assert await waiter == [None, failure, "C", None]
    # Of one key the first word counts, as it does for one alone.
    assert batch.asked == [[1, 2, 3]]
    assert (len(calls), batch.left) == (0, [])


async def test_who_comes_next_joins_those_that_run_and_starts_the_others():
    calls, batch = SharedCalls(), Batch()
    first = waiting(calls, batch, WANTED[:2])
    await asyncio.sleep(0)
    second = waiting(calls, batch, WANTED[1:])
    await asyncio.sleep(0)
    for told, outcomes in zip(batch.told, ("AB", "C"), strict=True):
        for place, outcome in enumerate(outcomes):
            told(place, outcome)

    assert await first == ["A", "B"]
    assert await second == ["B", "C"]
    assert batch.asked == [[1, 2], [3]]


async def test_what_nobody_waits_for_any_more_is_left_and_no_more():
    calls, batch = SharedCalls(), Batch()
    leaving = waiting(calls, batch)
    await asyncio.sleep(0)
    staying = waiting(calls, batch, WANTED[1:2])
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    left = list(batch.left)
    batch.told[0](1, "B")

    assert await staying == ["B"]
    assert left == batch.left == [1, 3]
    assert len(calls) == 0


async def test_a_waiter_gives_up_at_its_deadline():
    calls, batch = SharedCalls(), Batch()
    waiter = waiting(calls, batch, deadline_s=0.02)
    await asyncio.sleep(0)
    batch.told[0](0, "A")
    outcomes = await waiter

    assert outcomes[0] == "A"
    assert [type(outcome) for outcome in outcomes[1:]] == [TimeoutError, TimeoutError]
    assert batch.left == [2, 3]


async def test_what_may_run_on_runs_on_and_is_joined():
    calls, batch = SharedCalls(), Batch()
    await waiting(calls, batch, WANTED[:1], deadline_s=0.02, runs_on_s=5)
    joining = waiting(calls, batch, WANTED[:1])
    await asyncio.sleep(0)
    batch.told[0](0, "A")

    assert await joining == ["A"]
    assert (batch.asked, batch.left) == ([[1]], [])


async def test_what_is_told_of_one_that_has_ended_is_nothing():
    calls, batch = SharedCalls(), Batch()
    waiter = waiting(calls, batch, WANTED[:1])
    await asyncio.sleep(0)
    batch.told[0](0, "A")
    batch.told[0](0, "Z")

    assert await waiter == ["A"]


async def test_closing_leaves_all():
    calls, batch = SharedCalls(), Batch()
    waiter = waiting(calls, batch)
    await asyncio.sleep(0)
    await calls.close()
    outcomes = await waiter

    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 3
    assert sorted(batch.left) == [1, 2, 3]


async def test_where_they_cannot_be_made_together_each_has_a_task():
    calls = SharedCalls()
    asked = []

    async def made(what):
        return what * 10

    def cannot(whats, _told):
        asked.append(whats)

    assert await calls.join_all(WANTED, made, Deadline.after(5), start_all=cannot) == [10, 20, 30]
    assert asked == [[1, 2, 3]]
