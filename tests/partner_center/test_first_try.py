"""A first try by itself: what it takes is given back, whatever becomes of it."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from gateway.errors import OverloadedError
from gateway.partner_center import turns as turns_module
from gateway.partner_center.first_try import FirstTry
from gateway.partner_center.lane import Lane
from gateway.partner_center.time_limit import TimeLimits
from gateway.partner_center.tries import Call, Tries
from gateway.partner_center.turns import Turns

pytestmark = pytest.mark.anyio


class Tried:
    """A first try with real turns, lane and limits, and nobody to send anything to."""

    def __init__(self, turns=None, *, has_left=None, ends_in_s=60):
        self.turns = Turns(1, kept=0) if turns is None else turns
        self.lane = Lane("lane", time.monotonic)
        self.limits = TimeLimits()
        self.asked = []
        self.told = []
        ends_by_s = time.monotonic() + ends_in_s
        call = Call("lane", "invoice", 100, ends_by_s, ends_by_s, is_good_later=False)
        http = SimpleNamespace(begin=lambda request, _on_news: self.asked.append(request))
        tries = Tries(http, "the request", call, self.lane, self.turns, set())
        passage = self.lane.enter_at_once()
        assert passage is not None
        self.first = FirstTry(tries, passage, self.limits, self.told.append, has_left)

    @property
    def holds(self):
        """Whether anything is held: a turn or a place in the queue, the lane, a time limit."""
        return (len(self.turns) + self.turns.waiting, not self.lane.is_idle, self.first in self.limits)


async def test_where_nothing_can_be_sent_at_once_it_is_told_with_its_turn():
    tried = Tried()
    tried.first.begin()

    assert (tried.asked, tried.told) == (["the request"], [tried.first])
    assert (tried.first.body, tried.first.error) == (None, None)
    assert tried.holds == (1, True, False)
    tried.first.leave()
    assert tried.holds == (0, False, False)


async def test_what_was_taken_over_is_not_given_back():
    tried = Tried()
    tried.first.begin()

    assert tried.first.taken_over() is None
    tried.first.leave()
    assert tried.holds == (1, True, False)


async def test_one_that_will_have_no_turn_holds_nothing(monkeypatch):
    monkeypatch.setattr(turns_module, "_MAX_WAITING", 0)
    turns = Turns(1, kept=0)
    Tried(turns).first.begin()
    tried = Tried(turns)
    with pytest.raises(OverloadedError):
        tried.first.begin()

    assert tried.told == []
    assert tried.holds == (1, False, False)


async def test_one_that_is_turned_away_is_told_why():
    turns = Turns(1, kept=0)
    Tried(turns).first.begin()
    tried = Tried(turns)
    tried.first.begin()
    turns.dismiss("lane", lambda: OverloadedError("no"))

    assert tried.told == [tried.first]
    assert isinstance(tried.first.error, OverloadedError)
    assert tried.holds == (1, False, False)


async def test_no_turn_is_given_to_who_leaves():
    turns = Turns(1, kept=0)
    running = Tried(turns)
    running.first.begin()
    tried = Tried(turns, has_left=lambda: True)
    tried.first.begin()
    running.first.leave()

    assert (tried.asked, tried.told) == ([], [])
    assert len(turns) == 0


async def test_its_time_is_over_while_it_waits():
    turns = Turns(1, kept=0)
    Tried(turns).first.begin()
    tried = Tried(turns, ends_in_s=0.02)
    tried.first.begin()
    async with asyncio.timeout(5):
        while not tried.told:
            await asyncio.sleep(0.01)

    assert isinstance(tried.first.error, TimeoutError)
    assert tried.asked == []
    assert tried.holds == (1, False, False)


async def test_one_whose_lane_has_shut_while_it_waited_sends_nothing():
    turns = Turns(1, kept=0)
    running = Tried(turns)
    running.first.begin()
    tried = Tried(turns)
    tried.first.begin()
    passage = tried.lane.enter_at_once()
    tried.lane.sends(passage)
    tried.lane.told(passage, 429, 30)
    running.first.leave()

    assert (tried.asked, tried.told) == ([], [tried.first])
    assert tried.first.error is None
    assert len(turns) == 1
