"""This moment: whoever needs the same answer at the same time waits for one call.

The call runs in a task of its own, bounded by its own time-out. A waiter leaves at its deadline or when its
connection closes; the call is cancelled when the last one has left.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar, cast

from gateway.operation import Deadline

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class _Call(Generic[T]):
    """A running call.

    Attributes:
        waiters: how many wait for it now.
        runs_on: True once a waiter reached its deadline and the call is to fill the cache all the same.
    """

    task: asyncio.Task[T]
    waiters: int = 0
    runs_on: bool = False


class SharedCalls:
    """The calls that are running, by key."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, _Call[Any]] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._calls

    async def join(
        self,
        key: Hashable,
        start: Callable[[], Coroutine[Any, Any, T]],
        deadline: Deadline,
        *,
        outlives_deadline: bool = False,
    ) -> T:
        """The outcome of the call for a key; it is started where none is running.

        Args:
            key: names the answer.
            start: makes the call.
            deadline: the waiter's own.
            outlives_deadline: let the call run on when a waiter's deadline passes, for those who ask next.

        Raises:
            TimeoutError: the waiter's deadline passed first.
            Exception: the call failed; every waiter gets the same error.
        """
        call = cast("_Call[T] | None", self._calls.get(key))
        if call is None:
            call = self._start(key, start)
        call.waiters += 1
        try:
            await asyncio.wait((call.task,), timeout=deadline.remaining_s)
            if not call.task.done():
                call.runs_on = call.runs_on or outlives_deadline
                raise TimeoutError
            return call.task.result()
        finally:
            call.waiters -= 1
            if not call.waiters and not call.runs_on and not call.task.done():
                self._forget(key, call)
                call.task.cancel()

    async def close(self) -> None:
        """Cancel every call and wait for its end."""
        tasks = [call.task for call in self._calls.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> _Call[T]:
        call = _Call(asyncio.create_task(start()))
        self._calls[key] = call

        def ended(task: asyncio.Task[T]) -> None:
            self._forget(key, call)
            if not task.cancelled():
                task.exception()  # Looked at, so that asyncio does not log a failure that nobody waited for.

        call.task.add_done_callback(ended)
        return call

    def _forget(self, key: Hashable, call: _Call[Any]) -> None:
        if self._calls.get(key) is call:
            del self._calls[key]
