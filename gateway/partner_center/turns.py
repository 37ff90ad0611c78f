"""Whose upstream call goes next: a bounded number at once, lanes in rotation, and nobody waits in vain."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from gateway.errors import GatewayError, OverloadedError
from gateway.partner_center.forecast import Durations, Forecast, longest_s
from gateway.partner_center.turn import Turn

# While somebody waits, it is looked this often whether the wait is in vain.
_REVIEW_EVERY_S = 0.1
# Newcomers are looked at sooner. A review takes a microsecond or two for each who waits: a tenth of the time at most.
_REVIEW_PAUSE_S = 0.01
_REVIEW_PAUSE_S_PER_WAITER = 20e-6
# The first calls of a crowd are slow for reasons of their own, and tell nothing of the next. Or, of short deadlines:
_OBSERVED_S = 1.0
_OBSERVED_PART = 0.1
# Calls that take no time would be let wait in any number; each costs some KiB.
_MAX_WAITING = 10_000
# Of eight turns one is kept from a lane that holds all others: its calls may hang until their deadlines, and must not
# take other lanes' time.
_ONE_KEPT_OF = 8


class Turns:
    """Turns for calls: `concurrency` at once.

    Who waits is served lane by lane in rotation, so that one tenant's flood delays another's single call by one turn.
    Who cannot be answered before the deadline any more is told so as soon as that is clear (`forecast`).

    Args:
        concurrency: calls at once.
        clock: seconds, steadily rising.
        kept: how many are kept from a lane that holds all others; None for one of eight.
    """

    def __init__(
        self, concurrency: int, clock: Callable[[], float] = time.monotonic, *, kept: int | None = None
    ) -> None:
        self._concurrency = concurrency
        self._most_of_a_lane = concurrency - (concurrency // _ONE_KEPT_OF if kept is None else kept)
        self._clock = clock
        self._running: set[Turn] = set()
        self._running_of: dict[str, int] = {}
        # Lanes in the order in which they are served next; none is empty.
        self._waiting: OrderedDict[str, OrderedDict[Turn, None]] = OrderedDict()
        self._waiting_count = 0
        self._crowded_since_s = 0.0
        self._durations = Durations()
        self._timer: asyncio.Handle | None = None
        self._timer_at_s = 0.0  # On the event loop's clock, as the next.
        self._reviewed_at_s = 0.0
        self._is_review_soon = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting_count

    def turn(
        self, lane: str, kind: str, deadline_s: float, *, is_good_later: bool = False, goes_first: bool = False
    ) -> Turn:
        """A turn, for as long as the context lasts.

        Args:
            lane: among which turns rotate.
            kind: calls of one kind take about the same time.
            deadline_s: when the call's answer must be there, on the clock.
            is_good_later: where not even an immediate call would be answered by then, getting the turn is enough.
            goes_first: in its lane, since it has waited before.

        Raises:
            OverloadedError: the turn cannot come in time.
            GatewayError: the lane was dismissed.
        """
        return Turn(self, lane, kind, deadline_s, is_good_later, goes_first)

    def dismiss(self, lane: str, error: Callable[[], GatewayError]) -> None:
        """Fail all who wait in a lane, each with an error of its own."""
        for turn in list(self._waiting.get(lane, ())):
            self._turn_away(turn, error())

    def review(self) -> None:
        """Turn away those who cannot be answered before their deadlines."""
        now_s = self._clock()
        expected_s = self._durations.expected(now_s, self._running)
        if self._is_everybody_in_time(now_s, longest_s(expected_s)):
            return
        forecast = Forecast(
            now_s,
            expected_s,
            self._running,
            self._concurrency,
            self._most_of_a_lane,
        )
        hopeless = []
        for turn in list(self._in_order()):
            start_s = forecast.start_s(turn.lane)
            observed_s = min(_OBSERVED_S, _OBSERVED_PART * (turn.deadline_s - turn.came_s))
            if now_s - self._crowded_since_s >= observed_s and turn.is_hopeless(
                start_s, forecast.duration_s(turn.kind)
            ):
                hopeless.append(turn)
            else:
                forecast.give(turn.lane, turn.kind, start_s)
        for turn in hopeless:
            self._turn_away(turn, _overloaded(forecast.next_free_in_s))

    def take(self, turn: Turn) -> bool:
        """Whether it begins. Otherwise it is queued up, and is told when it does, or when it never will."""
        turn.came_s = now_s = self._clock()
        if len(self._running) < self._concurrency and self._running_of.get(turn.lane, 0) < self._most_of_a_lane:
            # Nobody who could take it waits.
            self._begin(turn, now_s)
            return True
        if self._waiting_count >= _MAX_WAITING:
            raise _overloaded()
        if self._loop is None:
            # Kept, since Python 3.11 asks the system for the process's number each time.
            self._loop = asyncio.get_running_loop()
        turn.has_to_wait(self._loop)
        queue = self._waiting.setdefault(turn.lane, OrderedDict())
        queue[turn] = None
        if turn.goes_first:
            queue.move_to_end(turn, last=False)
        if not self._waiting_count:
            self._crowded_since_s = turn.came_s
        self._waiting_count += 1
        if not self._is_review_soon:
            self._review_soon(self._loop)
        return False

    async def wait(self, turn: Turn) -> None:
        """Returns when a queued turn begins."""
        try:
            await turn.granted
        except BaseException:
            self.leave(turn)
            raise

    def leave(self, turn: Turn) -> None:
        """It is not wanted any more. It may have begun, or have been turned away, in the same moment."""
        if turn in self._running:
            self._end(turn, self._clock())
        elif turn in self._waiting.get(turn.lane, ()):
            self._forget(turn)

    def give_back(self, turn: Turn, *, was_answered: bool) -> None:
        now_s = self._clock()
        self._durations.ended(turn.kind, now_s - turn.begun_s, was_answered=was_answered)
        self._end(turn, now_s)

    def _begin(self, turn: Turn, now_s: float) -> None:
        turn.begun_s = now_s
        self._running.add(turn)
        self._running_of[turn.lane] = self._running_of.get(turn.lane, 0) + 1

    def _end(self, turn: Turn, now_s: float) -> None:
        self._running.remove(turn)
        left = self._running_of[turn.lane] - 1
        if left:
            self._running_of[turn.lane] = left
        else:
            del self._running_of[turn.lane]
        if self._waiting:
            self._grant(now_s)

    def _grant(self, now_s: float) -> None:
        while len(self._running) < self._concurrency:
            for lane in self._waiting:
                if self._running_of.get(lane, 0) < self._most_of_a_lane:
                    break
            else:
                return
            turn = next(iter(self._waiting[lane]))
            self._forget(turn)
            if turn.has_left:
                continue
            if lane in self._waiting:
                self._waiting.move_to_end(lane)
            self._begin(turn, now_s)
            turn.begins()

    def _turn_away(self, turn: Turn, error: GatewayError) -> None:
        self._forget(turn)
        turn.is_turned_away(error)

    def _forget(self, turn: Turn) -> None:
        queue = self._waiting[turn.lane]
        del queue[turn]
        if not queue:
            del self._waiting[turn.lane]
        self._waiting_count -= 1
        if not self._waiting_count and self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._is_review_soon = False

    def _in_order(self) -> Iterator[Turn]:
        """Those who wait, in the order in which they are served."""
        queues = deque(iter(queue) for queue in self._waiting.values())
        while queues:
            queue = queues.popleft()
            turn = next(queue, None)
            if turn is not None:
                yield turn
                queues.append(queue)

    def _is_everybody_in_time(self, now_s: float, call_s: float) -> bool:
        """Whether nobody can be too late if calls take so long: nearly always, and known in a tenth of a forecast.

        Until a turn comes, at least as many run as one lane may have.
        """
        calls_before = len(self._running) + self._waiting_count
        last_end_s = now_s + call_s * (calls_before / self._most_of_a_lane + 1)
        return all(turn.deadline_s >= last_end_s for queue in self._waiting.values() for turn in queue)

    def _review_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that who has just come is looked at."""
        pause_s = _REVIEW_PAUSE_S + _REVIEW_PAUSE_S_PER_WAITER * self._waiting_count
        self._review_at(min(self._reviewed_at_s + pause_s, loop.time() + _REVIEW_EVERY_S), loop)
        self._is_review_soon = True

    def _review_at(self, moment_s: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            if self._timer_at_s <= moment_s:
                return
            self._timer.cancel()
        # Kept, since uvloop's handles (0.23) do not tell it.
        self._timer_at_s = moment_s
        self._timer = loop.call_at(moment_s, self._review_by_timer)

    def _review_by_timer(self) -> None:
        self._timer = None
        self._is_review_soon = False
        self.review()
        loop = asyncio.get_running_loop()
        self._reviewed_at_s = loop.time()
        if self._waiting_count:
            self._review_at(self._reviewed_at_s + _REVIEW_EVERY_S, loop)


def _overloaded(retry_after_s: float = 1.0) -> OverloadedError:
    return OverloadedError("The gateway has more upstream calls to make than it can in time.", retry_after_s)
