"""The time limit of one upstream call: `asyncio.timeout`, without what it takes to be changed on the way.

Each upstream call has one, and hardly any ever ends by it. `asyncio.timeout` (3.11) took a tenth of what a call takes,
most of it to set a timer and to cancel it; here one timer is for all.
"""

import asyncio
from types import TracebackType
from typing import Protocol

# While limits expire one after the other, it is looked this often at the most: each time at all that are running.
_LEAST_PAUSE_S = 0.005


class Limit(Protocol):
    """What ends after some time.

    Attributes:
        at_s: when, on the event loop's clock.
    """

    at_s: float

    def expire(self) -> None:
        """Its time is over; it does not run any more."""
        ...


class TimeLimits:
    """What time limits that run at once share: a timer for the earliest, that may find it gone.

    Belongs to the event loop that runs when the first of them begins.
    """

    def __init__(self) -> None:
        self._running: set[Limit] = set()
        # Kept, since Python 3.11 asks the system for the process's number each time.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Kept, since uvloop's handles (0.23) do not tell it.
        self._timer_at_s = 0.0

    def __contains__(self, limit: Limit) -> bool:
        return limit in self._running

    def begin(self, limit: Limit, seconds: float) -> asyncio.AbstractEventLoop:
        """Expire the limit after that time, unless it ends before. Returns the event loop."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        limit.at_s = at_s = loop.time() + seconds
        self._running.add(limit)
        if self._timer is None or at_s < self._timer_at_s:
            self._look_at(at_s, loop)
        return loop

    def end(self, limit: Limit) -> bool:
        """Whether it ends before it has expired."""
        running = self._running
        if limit in running:
            running.remove(limit)
            return True
        return False

    def _look_at(self, moment_s: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at_s = moment_s
        self._timer = loop.call_at(moment_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now_s = loop.time()
        due = [limit for limit in self._running if limit.at_s <= now_s]
        self._running.difference_update(due)
        for limit in due:
            limit.expire()
        if self._running:
            earliest_s = min(limit.at_s for limit in self._running)
            self._look_at(max(earliest_s, now_s + _LEAST_PAUSE_S), loop)


class TimeLimit:
    """A context that ends with `TimeoutError` after some time, and with `CancelledError` where its task is cancelled.

    Args:
        seconds: from its beginning on; a few milliseconds more where many end at once.
        limits: those beside which it runs.

    Attributes:
        at_s: when it expires, on the event loop's clock.
    """

    __slots__ = ("_cancellations", "_limits", "_seconds", "_task", "at_s")

    at_s: float

    def __init__(self, seconds: float, limits: TimeLimits | None = None) -> None:
        self._seconds = seconds
        self._limits = limits or TimeLimits()

    def __enter__(self) -> None:
        loop = self._limits.begin(self, self._seconds)
        task = asyncio.current_task(loop)
        if task is None:
            self._limits.end(self)
            raise RuntimeError("a time limit is for tasks")
        self._task = task
        self._cancellations = task.cancelling()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._limits.end(self):
            return
        # Who else has cancelled the task meanwhile is not to be answered with a time-out.
        if self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """End its task's wait; the limit does not run any more."""
        self._task.cancel()
