"""When who waits for a turn will get it, as far as can be told: calls take as long as those before them."""

import heapq
from collections.abc import Collection, Mapping
from statistics import fmean
from typing import Protocol

# The weight of the latest call in the mean: after ten calls of another length the mean has changed by nine tenths.
_WEIGHT_OF_LATEST = 0.2
# With less time left than this, no call is worth its beginning; and who waits is told before the deadline, not after.
_LEAST_S = 0.2


class Running(Protocol):
    """A call that has its turn."""

    @property
    def lane(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def begun_s(self) -> float: ...


class Durations:
    """How long calls take, by kind: reading a collection may take a hundred times as long as one invoice."""

    def __init__(self) -> None:
        self._mean_s: dict[str, float] = {}

    def ended(self, kind: str, duration_s: float, *, was_answered: bool) -> None:
        """Learn from a call. One that failed or was cut off tells at most that calls take longer than was known."""
        mean_s = self._mean_s.get(kind, 0.0)
        if was_answered or duration_s > mean_s:
            weight = _WEIGHT_OF_LATEST if kind in self._mean_s else 1.0
            self._mean_s[kind] = mean_s + weight * (duration_s - mean_s)

    def expected(self, now_s: float, running: Collection[Running]) -> dict[str, float]:
        """Seconds by kind: the mean so far, or the mean age of those that run now, where that is more already."""
        ages_s: dict[str, list[float]] = {}
        for call in running:
            ages_s.setdefault(call.kind, []).append(now_s - call.begun_s)
        return self._mean_s | {kind: max(self._mean_s.get(kind, 0.0), fmean(ages_s[kind])) for kind in ages_s}


def longest_s(expected_s: Mapping[str, float]) -> float:
    """Seconds that no call is expected to take longer than, whatever its kind."""
    return max((_LEAST_S, *expected_s.values()))


class Forecast:
    """Plays the future through: each turn is given to who waits next, and is free again after the expected time.

    Args:
        now_s: the present.
        expected_s: seconds that calls take, by kind; a kind that is not named is taken for quick.
        running: the calls that have their turns.
        concurrency: turns at once.
        most_of_a_lane: turns that one lane may hold at once.
    """

    def __init__(
        self,
        now_s: float,
        expected_s: Mapping[str, float],
        running: Collection[Running],
        concurrency: int,
        most_of_a_lane: int,
    ) -> None:
        self._now_s = now_s
        self._expected_s = expected_s
        self._most_of_a_lane = most_of_a_lane
        self._free_at_s = [now_s] * (concurrency - len(running))
        self._ends_of_lane_s: dict[str, list[float]] = {}
        for call in running:
            end_s = max(now_s, call.begun_s + self.duration_s(call.kind))
            heapq.heappush(self._free_at_s, end_s)
            heapq.heappush(self._ends_of_lane_s.setdefault(call.lane, []), end_s)

    def duration_s(self, kind: str) -> float:
        return max(self._expected_s.get(kind, 0.0), _LEAST_S)

    def start_s(self, lane: str) -> float:
        """When the next turn of a lane begins."""
        of_lane_s = self._ends_of_lane_s.get(lane, [])
        if len(of_lane_s) < self._most_of_a_lane:
            return self._free_at_s[0]
        return max(self._free_at_s[0], of_lane_s[0])

    def give(self, lane: str, kind: str, start_s: float) -> None:
        """The turn that begins then, as `start_s` told it, is a call's of this kind."""
        end_s = start_s + self.duration_s(kind)
        of_lane_s = self._ends_of_lane_s.setdefault(lane, [])
        freed_s = of_lane_s[0] if len(of_lane_s) == self._most_of_a_lane else None
        if freed_s is None:
            heapq.heappush(of_lane_s, end_s)
        else:
            heapq.heapreplace(of_lane_s, end_s)
        if freed_s is None or freed_s <= self._free_at_s[0]:
            heapq.heapreplace(self._free_at_s, end_s)
        else:
            # The lane has as many turns as it may have: it goes on with its own, and leaves the others' alone.
            self._free_at_s[self._free_at_s.index(freed_s)] = end_s
            heapq.heapify(self._free_at_s)

    @property
    def next_free_in_s(self) -> float:
        """Seconds until a turn is free that nobody has been given."""
        return self._free_at_s[0] - self._now_s
