"""Whose upstream call goes next: order, bounds, and that no turn is ever lost."""

import asyncio
from collections import Counter

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError, OverloadedError, UpstreamUnavailableError
from gateway.partner_center.turns import Turns
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

FAR_S = 2_000_000.0


class Caller:
    """One who takes a turn and gives it back when told."""

    def __init__(self, turns, lane, began, *, deadline_s=FAR_S, kind="invoice", **options):
        self.lane = lane
        self.over = asyncio.Event()
        self.has_turn = False
        turn = turns.turn(lane, kind, deadline_s, **options)
        self.task = asyncio.create_task(self._call(turn, began))

    async def _call(self, turn, began):
        async with turn:
            began.append(self.lane)
            self.has_turn = True
            try:
                await self.over.wait()
            finally:
                self.has_turn = False


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def end(*callers):
    for caller in callers:
        caller.over.set()
    await asyncio.gather(*(caller.task for caller in callers), return_exceptions=True)


async def order(turns, lanes, **options):
    """The order in which calls of some lanes get their turns, one after the other, behind one that is running."""
    began = []
    first = Caller(turns, "first", began)
    await settle()
    callers = [Caller(turns, lane, began, **options) for lane in lanes]
    await settle()
    assert turns.waiting == len(lanes)
    await end(first, *callers)
    assert (len(turns), turns.waiting) == (0, 0)
    return "".join(began[1:])


@pytest.mark.parametrize(
    ("came", "served"),
    [
        ("aaa", "aaa"),
        ("aaaab", "abaaa"),
        ("aaaabbc", "abcabaa"),
        ("abab", "abab"),
    ],
)
async def test_lanes_are_served_in_rotation_and_within_a_lane_as_they_came(came, served):
    assert await order(Turns(1), came) == served


async def test_a_second_try_goes_first_in_its_lane():
    turns, began = Turns(1), []
    running = Caller(turns, "a", began)
    await settle()
    waiting = [Caller(turns, "b", began), Caller(turns, "b", began)]
    await settle()
    again = Caller(turns, "b", began, goes_first=True)
    await settle()
    running.over.set()
    await settle()
    has_turn = [caller.has_turn for caller in (again, *waiting)]
    await end(again, *waiting)

    assert has_turn == [True, False, False]


@pytest.mark.parametrize(("concurrency", "of_one_lane"), [(1, 1), (3, 3), (8, 7), (16, 14)])
async def test_a_lane_that_hangs_leaves_a_turn_in_eight_to_others(concurrency, of_one_lane):
    turns, began = Turns(concurrency), []
    hanging = [Caller(turns, "a", began) for _ in range(40)]
    await settle()
    alone = len(turns)
    other = Caller(turns, "b", began)
    await settle()
    is_served = other.has_turn
    await end(*hanging, other)

    assert alone == of_one_lane
    assert is_served == (of_one_lane < concurrency)
    assert (len(turns), turns.waiting) == (0, 0)


async def test_a_lane_is_dismissed_without_the_others():
    turns, began = Turns(1), []
    callers = [Caller(turns, lane, began) for lane in "abbc"]
    await settle()
    turns.dismiss("b", lambda: UpstreamUnavailableError("shut"))
    turns.dismiss("nobody", lambda: UpstreamUnavailableError("shut"))
    callers[0].over.set()
    outcomes = await asyncio.gather(*(caller.task for caller in callers[:3]), return_exceptions=True)
    await end(callers[3])

    assert [type(outcome) for outcome in outcomes] == [type(None), UpstreamUnavailableError, UpstreamUnavailableError]
    assert outcomes[1] is not outcomes[2]
    assert began == ["a", "c"]


async def test_no_more_than_ten_thousand_wait(monkeypatch):
    monkeypatch.setattr("gateway.partner_center.turns._MAX_WAITING", 3)
    turns, began = Turns(1), []
    callers = [Caller(turns, "a", began) for _ in range(4)]
    await settle()
    with pytest.raises(OverloadedError):
        async with turns.turn("b", "invoice", FAR_S):
            pass
    await end(*callers)

    assert began == ["a"] * 4


async def test_who_leaves_in_the_moment_the_turn_comes_hands_it_on():
    turns, began = Turns(1), []
    async with turns.turn("a", "invoice", FAR_S):
        second, third = (Caller(turns, "a", began) for _ in range(2))
        await settle()
    # Granted, and not yet noticed.
    second.task.cancel()
    await settle()

    assert third.has_turn
    await end(third)
    assert (len(turns), turns.waiting) == (0, 0)


async def test_who_has_left_and_not_come_to_say_so_is_passed_over():
    turns, began = Turns(1), []
    async with turns.turn("a", "invoice", FAR_S):
        second, third = (Caller(turns, "a", began) for _ in range(2))
        await settle()
        second.task.cancel()
    await settle()

    assert third.has_turn
    await end(third)
    assert (len(turns), turns.waiting) == (0, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "come", "come", "end", "leave", "dismiss", "review", "pass time"]),
        st.sampled_from("abc"),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=60,
)


@given(st.integers(1, 9), STEPS, st.sampled_from([asyncio.new_event_loop, uvloop.new_event_loop]))
@settings(max_examples=150, deadline=None)
def test_no_turn_is_ever_lost_and_none_is_given_twice(concurrency, steps, event_loop):
    """On either event loop: they differ in what a timer is."""
    with asyncio.Runner(loop_factory=event_loop) as runner:
        runner.run(play(concurrency, steps))


async def play(concurrency, steps):
    clock, began, callers = FakeClock(), [], []
    turns = Turns(concurrency, clock)
    for what, lane, number, is_settled in steps:
        if what == "come":
            deadline_s = clock.now_s + number
            options = {"deadline_s": deadline_s, "is_good_later": number % 2 == 0, "goes_first": number % 3 == 0}
            callers.append(Caller(turns, lane, began, kind=f"kind {number % 2}", **options))
        elif what == "end" and callers:
            callers[number % len(callers)].over.set()
        elif what == "leave" and callers:
            callers[number % len(callers)].task.cancel()
        elif what == "dismiss":
            turns.dismiss(lane, lambda: UpstreamUnavailableError("shut"))
        elif what == "review":
            turns.review()
        else:
            clock.now_s += number / 4
        if is_settled:
            await settle()
            hold_true(turns, callers, concurrency)
    await settle()
    hold_true(turns, callers, concurrency)
    await end(*callers)
    for caller in callers:
        if not caller.task.cancelled() and caller.task.exception() is not None:
            assert isinstance(caller.task.exception(), GatewayError)
    assert (len(turns), turns.waiting) == (0, 0)
    # Nothing is left behind: as many as at first may go at once.
    again = [Caller(turns, f"lane {number}", began) for number in range(concurrency + 1)]
    await settle()
    assert sum(caller.has_turn for caller in again) == concurrency
    await end(*again)


def hold_true(turns, callers, concurrency):
    at_most = concurrency - concurrency // 8
    has_turn = Counter(caller.lane for caller in callers if caller.has_turn)
    waits = Counter(caller.lane for caller in callers if not caller.has_turn and not caller.task.done())
    assert has_turn.total() == len(turns) <= concurrency
    assert waits.total() == turns.waiting
    assert all(count <= at_most for count in has_turn.values())
    if has_turn.total() < concurrency:
        assert all(has_turn[lane] == at_most for lane in waits), "somebody waits though a turn is free"
