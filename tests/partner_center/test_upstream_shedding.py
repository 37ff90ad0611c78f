"""Who waits for a turn in vain, and how soon that is clear; on a clock that tests turn."""

import asyncio

import pytest

from gateway.errors import OverloadedError, UpstreamUnavailableError
from gateway.partner_center.turns import Turns
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

LONG_S = 60.0


@pytest.fixture
def clock():
    return FakeClock(0.0)


class Crowd:
    """Callers of one `Turns`, each by its number."""

    def __init__(self, turns, clock):
        self.turns = turns
        self.clock = clock
        self.running = {}
        self.shed = {}
        self.tasks = []

    async def come(self, count=1, *, lane="a", kind="invoice", wait_s=10.0, **options):
        for _ in range(count):
            number = len(self.tasks)
            self.tasks.append(asyncio.create_task(self._call(number, lane, kind, self.clock.now_s + wait_s, options)))
        await self.settle()

    async def _call(self, number, lane, kind, deadline_s, options):
        try:
            async with self.turns.turn(lane, kind, deadline_s, **options):
                self.running[number] = asyncio.Event()
                await self.running[number].wait()
        except OverloadedError as error:
            self.shed[number] = error
        except UpstreamUnavailableError:
            pass
        finally:
            self.running.pop(number, None)

    async def at(self, now_s):
        self.clock.now_s = now_s
        self.turns.review()
        await self.settle()

    async def end_all(self):
        """The calls that run now are answered."""
        for over in self.running.values():
            over.set()
        await self.settle()

    async def settle(self):
        for _ in range(10):
            await asyncio.sleep(0)

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def crowd(clock):
    crowd = Crowd(Turns(4, clock), clock)
    yield crowd
    await crowd.close()


async def test_calls_that_take_four_seconds_are_shed_as_their_running_ones_grow_old(crowd):
    """Four at once, ten seconds for each: eight can be answered, of which nobody knows at first."""
    await crowd.come(40)
    left = []
    for second in range(5):
        await crowd.at(second)
        left.append(crowd.turns.waiting)
    await crowd.end_all()
    await crowd.at(4.1)

    # After a second each takes at least one: those who begin in the ninth or before are done in time.
    assert left == [36, 36, 16, 8, 4]
    assert sorted(crowd.running) == [4, 5, 6, 7]
    assert crowd.turns.waiting == 0
    assert len(crowd.shed) == 32


async def test_newcomers_are_shed_at_once_where_it_is_clear(crowd, clock):
    await crowd.come(9, wait_s=LONG_S)
    clock.now_s = 4.0
    await crowd.end_all()
    await crowd.come(3, wait_s=LONG_S)
    await crowd.come(1, wait_s=8.5)
    await asyncio.sleep(0.08)  # By a timer, and before its next time.

    # Four begin at 8 and end at 12; the fifth would at 16, and has until 12.5.
    assert sorted(crowd.shed) == [12]


async def test_nobody_is_shed_while_a_turn_is_free_however_slow_calls_are(crowd, clock):
    await crowd.come(1)
    clock.now_s = 30.0
    await crowd.end_all()
    await crowd.come(1, wait_s=1.0)
    await crowd.at(30.0)

    assert len(crowd.running) == 1
    assert not crowd.shed


async def test_slow_calls_of_one_kind_say_nothing_of_another(crowd, clock):
    """A collection that took six seconds, and then the invoices on its page: all served."""
    await crowd.come(1, kind="invoices")
    clock.now_s = 6.0
    await crowd.end_all()
    await crowd.come(34, wait_s=4.0)
    for tenth in range(10):
        await crowd.at(6.0 + tenth / 10)
        await crowd.end_all()

    assert crowd.turns.waiting == 0
    assert not crowd.shed
    assert not crowd.running


async def test_one_call_that_hangs_does_not_make_all_look_slow(crowd, clock):
    await crowd.come(1)
    clock.now_s = 5.0
    await crowd.come(12)
    for tenth in range(5):
        await crowd.at(5 + tenth / 10)
        for number, over in crowd.running.items():
            if number:
                over.set()
        await crowd.settle()

    assert sorted(crowd.running) == [0]
    assert not crowd.shed


async def test_calls_that_got_slower_than_before_are_noticed(crowd, clock):
    await crowd.come(4)
    clock.now_s = 0.1
    await crowd.end_all()
    await crowd.come(40)
    await crowd.at(0.2)
    before = len(crowd.shed)
    await crowd.at(2.7)

    assert before == 0
    assert crowd.turns.waiting == 8


async def test_failures_that_come_fast_do_not_make_calls_look_fast(crowd, clock):
    await crowd.come(4)
    clock.now_s = 4.0
    await crowd.end_all()
    for _ in range(20):
        with pytest.raises(UpstreamUnavailableError):
            async with crowd.turns.turn("a", "invoice", LONG_S):
                raise UpstreamUnavailableError("at once")
    await crowd.come(12, wait_s=8.5)
    await crowd.at(5.0)

    assert crowd.turns.waiting == 4


async def test_one_of_another_lane_is_not_shed_for_the_flood_of_one(crowd):
    await crowd.come(100, lane="flood")
    await crowd.come(1, lane="other")
    await crowd.at(4.0)
    await crowd.end_all()

    assert 100 in crowd.running
    assert 100 not in crowd.shed


async def test_a_lane_that_may_have_no_more_turns_is_not_counted_as_taking_anothers(clock):
    crowd = Crowd(Turns(8, clock), clock)
    await crowd.come(1)
    clock.now_s = 4.0
    await crowd.end_all()
    await crowd.come(9, lane="flood", wait_s=LONG_S)
    await crowd.come(1, lane="other", kind="summaries", wait_s=LONG_S)
    await crowd.come(1, lane="other", kind="summaries", wait_s=2.0)
    await crowd.at(4.05)
    shed = dict(crowd.shed)
    await crowd.close()

    # Its turn comes after the other summaries, not after one of the flood's, which take four seconds.
    assert shed == {}


async def test_whoever_waits_is_told_before_the_deadline_though_nothing_is_known_of_its_kind(crowd):
    await crowd.come(4, kind="invoices", wait_s=LONG_S)
    await crowd.come(1, kind="summaries")
    await crowd.at(9.7)
    before = len(crowd.shed)
    await crowd.at(9.9)

    assert before == 0
    assert len(crowd.shed) == 1


async def test_a_call_that_is_good_later_needs_but_its_turn_where_it_can_never_be_answered_in_time(crowd, clock):
    await crowd.come(1, kind="invoices", wait_s=LONG_S)
    clock.now_s = 12.0
    await crowd.end_all()
    await crowd.come(4, kind="summaries")
    await crowd.come(1, kind="invoices", is_good_later=True)
    await crowd.come(1, kind="invoices")
    await crowd.at(14.0)

    assert list(crowd.shed) == [6]


async def test_who_is_shed_is_told_when_there_will_be_room(crowd, clock):
    await crowd.come(4, wait_s=LONG_S)
    clock.now_s = 4.0
    await crowd.end_all()
    await crowd.come(24)
    await crowd.at(5.0)

    # Four begin at 8, and whoever comes then would at 12.
    assert {error.retry_after_s for error in crowd.shed.values()} == {7.0}
    assert len(crowd.shed) == 16


async def test_nothing_runs_while_nobody_waits(crowd):
    await crowd.come(5)
    has_timer = crowd.turns._timer is not None  # noqa: SLF001 — a timer that is left over would show nowhere else.
    await crowd.end_all()

    assert has_timer
    assert crowd.turns._timer is None  # noqa: SLF001


async def test_nobody_is_shed_for_what_the_first_second_of_a_crowd_took(crowd, clock):
    await crowd.come(4)
    clock.now_s = 0.9
    await crowd.end_all()  # As slow as this only because so many came.
    await crowd.come(100)
    await crowd.at(1.8)
    early = dict(crowd.shed)
    await crowd.at(2.0)

    assert early == {}
    assert len(crowd.shed) > 50
