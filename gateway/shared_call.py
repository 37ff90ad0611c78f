"""A call that several may wait for, and those who do."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Waiter:
    """One who waits for some calls, until the last of them has ended.

    Attributes:
        calls_left: how many of them run.
        is_in_time: told when none does, or the waiter's time is over.
    """

    __slots__ = ("calls_left", "is_in_time")

    def __init__(self, is_in_time: asyncio.Future[bool]) -> None:
        self.calls_left = 0
        self.is_in_time = is_in_time

    def one_ended(self) -> None:
        self.calls_left -= 1
        if not self.calls_left and not self.is_in_time.done():
            self.is_in_time.set_result(True)

    def is_late(self) -> None:
        if not self.is_in_time.done():
            self.is_in_time.set_result(False)


class SharedCall(msgspec.Struct, Generic[T], eq=False):
    """A running call.

    Attributes:
        key: what it is for.
        since_s: when it began, on the clock of `time.monotonic`.
        waiters: who waits for it now, in the order of coming, in which they learn of its end.
        end: ends it; it may take a moment.
        task: that it runs in, where it has one of its own.
        outcome: what it came to, which may be None, as the one item; None while it runs.
        is_joinable: whether who comes next for the key joins it: until it has ended, or was detached or cancelled.
        runs_until_s: until when it may run without anybody waiting for it, on that clock.
    """

    key: Hashable
    since_s: float
    waiters: dict[Waiter, None]
    end: Callable[[], object]
    task: asyncio.Task[T] | None = None
    outcome: tuple[T | BaseException] | None = None
    is_joinable: bool = True
    runs_until_s: float = 0.0
    timer: asyncio.TimerHandle | None = None

    @property
    def told(self) -> T | BaseException:
        """What a waiter is told of it who waits no longer."""
        return TimeoutError() if self.outcome is None else self.outcome[0]
