"""This moment: whoever needs the same answer at the same time waits for one call.

The call runs in a task of its own. A waiter leaves at its deadline or when its connection closes; the call is
cancelled when the last one has left, unless it was told to run on.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar, cast

from gateway.operation import Deadline

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class _Call(Generic[T]):
    """A running call.

    Attributes:
        since_s: when it began, on the clock of `time.monotonic`.
        waiters: how many wait for it now.
        runs_until_s: until when it may run without anybody waiting for it, on that clock.
    """

    task: asyncio.Task[T]
    since_s: float
    waiters: int = 0
    runs_until_s: float = 0.0
    timer: asyncio.TimerHandle | None = None


class SharedCalls:
    """The calls that are running, by key."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, _Call[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._calls

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
        (outcome,) = await self.join_all([(key, start)], deadline, runs_on_s=runs_on_s)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def join_all(
        self,
        wanted: Sequence[tuple[Hashable, Callable[[], Coroutine[Any, Any, T]]]],
        deadline: Deadline,
        *,
        runs_on_s: float = 0.0,
    ) -> list[T | BaseException]:
        """The outcomes of the calls for some keys, awaited together; an error stands in the place of its own call.

        Args:
            wanted: each key, once, and what makes its call.
            deadline: of the waiter, for all of them.
            runs_on_s: as for `join`.
        """
        calls = [cast("_Call[T] | None", self._calls.get(key)) or self._start(key, start) for key, start in wanted]
        for call in calls:
            call.waiters += 1
        try:
            if not await _all_done([call.task for call in calls], deadline.remaining_s):
                until_s = time.monotonic() + runs_on_s
                for call in calls:
                    if not call.task.done():
                        call.runs_until_s = max(call.runs_until_s, until_s)
            return [_outcome(call.task) for call in calls]
        finally:
            for (key, _start), call in zip(wanted, calls, strict=True):
                call.waiters -= 1
                self._end_unless_wanted(key, call)

    def begin(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, Any]], *, runs_on_s: float) -> None:
        """Start the call for a key, with nobody waiting for it; one that is running already is left as it is.

        Args:
            key: names the answer.
            start: makes the call. Whoever joins it gets its outcome; a failure that nobody waited for is dropped.
            runs_on_s: how long it may run.
        """
        if key not in self._calls:
            call = self._start(key, start)
            call.runs_until_s = call.since_s + runs_on_s
            self._end_unless_wanted(key, call)

    def detach(self, key: Hashable) -> None:
        """Let nobody else join the running call; whoever comes next starts another."""
        self._calls.pop(key, None)

    async def close(self) -> None:
        """Cancel every call and wait for its end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> _Call[T]:
        call = _Call(asyncio.create_task(start()), time.monotonic())
        self._calls[key] = call
        self._tasks.add(call.task)
        call.task.add_done_callback(partial(self._ended, key, call))
        return call

    def _ended(self, key: Hashable, call: _Call[Any], task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._forget(key, call)
        if call.timer is not None:
            call.timer.cancel()
        if not task.cancelled():
            task.exception()  # Looked at, so that asyncio does not log a failure that nobody waited for.

    def _end_unless_wanted(self, key: Hashable, call: _Call[Any]) -> None:
        """Cancel a call that nobody waits for, once it may not run on any more."""
        if call.waiters or call.task.done():
            return
        left_s = call.runs_until_s - time.monotonic()
        if left_s > 0:
            # Beyond some weeks an event loop's timers overflow; nothing runs for that long.
            if call.timer is not None:
                call.timer.cancel()
            call.timer = asyncio.get_running_loop().call_later(min(left_s, 3600.0), self._end_unless_wanted, key, call)
            return
        self._forget(key, call)
        call.task.cancel()

    def _forget(self, key: Hashable, call: _Call[Any]) -> None:
        if self._calls.get(key) is call:
            del self._calls[key]


def _outcome(task: asyncio.Task[T]) -> T | BaseException:
    if not task.done():
        return TimeoutError()
    return asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()


async def _all_done(tasks: list[asyncio.Task[Any]], seconds: float) -> bool:
    """Returns when tasks are done, or some time has passed: whether they are done.

    As `asyncio.wait`, which goes through its tasks three times, and once more for each that is done.
    """
    left = [task for task in tasks if not task.done()]
    if not left:
        return True
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[bool] = loop.create_future()
    count = len(left)

    def one_done(_task: object) -> None:
        nonlocal count
        count -= 1
        if not count and not waiter.done():
            waiter.set_result(True)

    def too_late() -> None:
        if not waiter.done():
            waiter.set_result(False)

    timer = loop.call_later(seconds, too_late)
    for task in left:
        task.add_done_callback(one_done)
    try:
        return await waiter
    finally:
        timer.cancel()
        if count:
            for task in left:
                task.remove_done_callback(one_done)
