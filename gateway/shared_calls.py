"""This moment: whoever needs the same answer at the same time waits for one call.

A call runs in a task of its own, or is made together with others. A waiter leaves at its deadline or when its
connection closes; the call is cancelled when the last one has left, unless it was told to run on.
"""

import asyncio
import operator
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from gateway.operation import Deadline
from gateway.shared_call import SharedCall, Waiter

T = TypeVar("T")
W = TypeVar("W")

Told = Callable[[int, T | BaseException], None]
"""Told what a call came to, by its place among those that were started together; once it has ended, in vain."""


def _one_by_one(_whats: Sequence[Any], _told: Told[Any]) -> None:
    return None


class SharedCalls:
    """The calls that are running, by key."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, SharedCall[Any]] = {}
        # Those that nobody joins any more, too.
        self._running: set[SharedCall[Any]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._calls

    def are_running(self, keys: Sequence[Hashable]) -> list[bool]:
        """Whether there is a call for each: what `in` tells, for many at once."""
        return [key in self._calls for key in keys]

    def age_s(self, key: Hashable) -> float:
        """Seconds since the call for a key began; 0 where none is running."""
        call = self._calls.get(key)
        return 0.0 if call is None else time.monotonic() - call.since_s

    async def join(
        self,
        key: Hashable,
        start: Callable[[], Coroutine[Any, Any, T]],
        deadline: Deadline,
        *,
        runs_on_s: float = 0.0,
    ) -> T:
        """The outcome of the call for a key; it is started where none is running.

        Args:
            key: names the answer.
            start: makes the call.
            deadline: the waiter's own.
            runs_on_s: how long the call may run on, for those who ask next, once this waiter's deadline has passed.

        Raises:
            TimeoutError: the waiter's deadline passed first.
            Exception: the call failed; every waiter gets the same error.
        """
        (outcome,) = await self.join_all([(key, start)], operator.call, deadline, runs_on_s=runs_on_s)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def join_all(
        self,
        wanted: Sequence[tuple[Hashable, W]],
        start: Callable[[W], Coroutine[Any, Any, T]],
        deadline: Deadline,
        *,
        runs_on_s: float = 0.0,
        start_all: Callable[[Sequence[W], Told[T]], Callable[[int], None] | None] = _one_by_one,
    ) -> list[T | BaseException]:
        """The outcomes of the calls for some keys, awaited together; an error stands in the place of its own call.

        Args:
            wanted: each key, and what its call is made of. Equal keys have one call.
            start: makes the call.
            deadline: of the waiter, for all of them.
            runs_on_s: as for `join`.
            start_all: makes several calls together, and tells of each, but not at once; returns what leaves one by its
                place. None where each is to be made by itself.
        """
        loop = asyncio.get_running_loop()
        waiter = Waiter(loop.create_future())
        calls: list[SharedCall[T]] = []
        missing: dict[Hashable, W] = {}
        for key, what in wanted:
            if key not in self._calls:
                missing.setdefault(key, what)
        if missing:
            self._start_all(missing, start_all)
        for key, what in wanted:
            call = self._calls.get(key) or self._start(key, start(what), loop)
            if call.outcome is None and waiter not in call.waiters:
                call.waiters[waiter] = None
                waiter.calls_left += 1
            calls.append(call)
        if waiter.calls_left:
            timer = loop.call_later(deadline.remaining_s, waiter.is_late)
            try:
                if not await waiter.is_in_time:
                    _let_run_on(calls, time.monotonic() + runs_on_s)
            finally:
                timer.cancel()
                if waiter.calls_left:
                    self._leave(calls, waiter)
        return [call.told for call in calls]

    def begin(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, Any]], *, runs_on_s: float) -> None:
        """Start the call for a key, with nobody waiting for it; one that is running already is left as it is.

        Args:
            key: names the answer.
            start: makes the call. Whoever joins it gets its outcome; a failure that nobody waited for is dropped.
            runs_on_s: how long it may run.
        """
        if key not in self._calls:
            call = self._start(key, start(), asyncio.get_running_loop())
            call.runs_until_s = call.since_s + runs_on_s
            self._end_unless_wanted(call)

    def detach(self, key: Hashable) -> None:
        """Let nobody else join the running call; whoever comes next starts another."""
        call = self._calls.get(key)
        if call is not None:
            self._forget(call)

    async def close(self) -> None:
        """Cancel every call and wait for its end."""
        running = list(self._running)
        for call in running:
            call.end()
        await asyncio.gather(*(call.task for call in running if call.task is not None), return_exceptions=True)

    def _start(self, key: Hashable, made: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> SharedCall[T]:
        task = loop.create_task(made)
        call = self._begun(SharedCall(key, time.monotonic(), {}, task.cancel, task))
        task.add_done_callback(partial(self._task_ended, call))
        return call

    def _start_all(
        self,
        missing: Mapping[Hashable, W],
        start_all: Callable[[Sequence[W], Told[T]], Callable[[int], None] | None],
    ) -> None:
        calls: list[SharedCall[T]] = []

        def told(place: int, outcome: T | BaseException) -> None:
            if calls[place].outcome is None:
                self._ended(calls[place], outcome)

        leave = start_all(list(missing.values()), told)
        if leave is None:
            return
        now_s = time.monotonic()
        for place, key in enumerate(missing):
            calls.append(self._begun(SharedCall(key, now_s, {}, partial(_left, leave, told, place))))

    def _begun(self, call: SharedCall[T]) -> SharedCall[T]:
        self._calls[call.key] = call
        self._running.add(call)
        return call

    def _task_ended(self, call: SharedCall[T], task: asyncio.Task[T]) -> None:
        # The exception is looked at, so that asyncio does not log a failure that nobody waited for.
        outcome = asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()
        call.task = None  # Each refers to the other.
        self._ended(call, outcome)

    def _ended(self, call: SharedCall[T], outcome: T | BaseException) -> None:
        call.outcome = (outcome,)
        call.end = _nothing  # What it was refers to the call.
        self._running.remove(call)
        if call.is_joinable:
            self._forget(call)
        if call.timer is not None:
            call.timer.cancel()
        for waiter in call.waiters:
            waiter.one_ended()

    def _leave(self, calls: Sequence[SharedCall[Any]], waiter: Waiter) -> None:
        for call in calls:
            if waiter in call.waiters:  # Once for each, though it may stand there more than once.
                del call.waiters[waiter]
                self._end_unless_wanted(call)

    def _end_unless_wanted(self, call: SharedCall[Any]) -> None:
        """Cancel a call that nobody waits for, once it may not run on any more."""
        if call.waiters or call.outcome is not None:
            return
        left_s = call.runs_until_s - time.monotonic()
        if left_s > 0:
            # Beyond some weeks an event loop's timers overflow; nothing runs for that long.
            if call.timer is not None:
                call.timer.cancel()
            call.timer = asyncio.get_running_loop().call_later(min(left_s, 3600.0), self._end_unless_wanted, call)
            return
        if call.is_joinable:
            self._forget(call)
        call.end()

    def _forget(self, call: SharedCall[Any]) -> None:
        call.is_joinable = False
        del self._calls[call.key]


def _let_run_on(calls: Sequence[SharedCall[Any]], until_s: float) -> None:
    for call in calls:
        if call.outcome is None:
            call.runs_until_s = max(call.runs_until_s, until_s)


def _nothing() -> None:
    pass


def _left(leave: Callable[[int], None], told: Told[Any], place: int) -> None:
    leave(place)
    # As with a task, it ends after who was the last to want it has found that it had not ended in time.
    asyncio.get_running_loop().call_soon(told, place, asyncio.CancelledError())
