"""Calls that are made together: their requests go out in one go, and their answers are read as they come.

That is what makes many calls cheap: one task for all of them, which sleeps while nothing is there, and reads what is
there one after the other. Each is a call of its own all the same: it is left, fails and is tried again by itself.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

from gateway.partner_center.first_try import FirstTry

T = TypeVar("T")

# A longer body is left to a task of its own; after so many bytes of others the event loop has its turn.
MOST_READ_AT_ONCE_BYTES = 64 * 1024


class Together(Generic[T]):
    """As `Arriving` has it.

    Args:
        count: how many calls.
        prepare: what is to be had first; what it raises is every call's outcome.
        begin: begins one, by its place, and whom it is told to; None where that takes more than can be done at once.
        read: makes an answer of a body, by its place.
        whole: all of a call, by its place; or the rest of it, from the first try on, which it takes over.
    """

    def __init__(
        self,
        count: int,
        *,
        prepare: Callable[[], Awaitable[None]],
        begin: Callable[[int, Callable[[FirstTry], None]], FirstTry | None],
        read: Callable[[int, bytes], T],
        whole: Callable[[int, FirstTry | None], Coroutine[Any, Any, T]],
    ) -> None:
        self._prepare = prepare
        self._begin = begin
        self._read = read
        self._whole = whole
        self._wanted = set(range(count))
        self._firsts: dict[int, FirstTry] = {}
        self._tasks: dict[int, asyncio.Task[T]] = {}
        self._arrived: deque[tuple[int, FirstTry | asyncio.Task[T] | Exception]] = deque()
        self._news: asyncio.Future[None] | None = None

    async def arrivals(self) -> AsyncGenerator[tuple[int, T | Exception], None]:
        """As `Arriving` has it."""
        try:
            await self._begin_all()
            at_once_bytes = 0
            while self._wanted:
                if not self._arrived:
                    self._news = asyncio.get_running_loop().create_future()
                    await self._news
                    at_once_bytes = 0
                    continue
                place, what = self._arrived.popleft()
                if place not in self._wanted:
                    continue
                if isinstance(what, FirstTry):
                    if what.body is None or len(what.body) > MOST_READ_AT_ONCE_BYTES:
                        self._take_time(place, what)
                        continue
                    at_once_bytes += len(what.body)
                self._wanted.remove(place)
                yield place, self._outcome(place, what)
                if at_once_bytes > MOST_READ_AT_ONCE_BYTES:
                    await asyncio.sleep(0)
                    at_once_bytes = 0
        finally:
            for place in tuple(self._wanted):
                self.leave(place)
            # They refer to this, and would have to wait for the garbage collector.
            self._firsts.clear()
            self._tasks.clear()

    def leave(self, place: int) -> None:
        """As `Arriving` has it."""
        if place not in self._wanted:
            return
        self._wanted.remove(place)
        task, first = self._tasks.get(place), self._firsts.get(place)
        if task is not None:
            task.cancel()
        if first is not None:
            first.leave()
        self._wake()

    async def _begin_all(self) -> None:
        try:
            await self._prepare()
        except Exception as error:  # noqa: BLE001 — it takes the place of each answer.
            self._arrived.extend((place, error) for place in self._wanted)
            return
        for place in sorted(self._wanted):
            try:
                first = self._begin(place, partial(self._told, place))
            except Exception as error:  # noqa: BLE001 — it takes the place of the answer.
                self._arrived.append((place, error))
                continue
            if first is None:
                self._take_time(place, None)
            else:
                self._firsts[place] = first

    def _told(self, place: int, what: "FirstTry | asyncio.Task[T]") -> None:
        self._arrived.append((place, what))
        self._wake()

    def _take_time(self, place: int, first: FirstTry | None) -> None:
        """A call that goes on in a task of its own."""
        task = self._tasks[place] = asyncio.create_task(self._whole(place, first))
        task.add_done_callback(partial(self._told, place))

    def _outcome(self, place: int, what: "FirstTry | asyncio.Task[T] | Exception") -> T | Exception:
        try:
            if isinstance(what, FirstTry):
                return self._read(place, what.body or b"")
            return what if isinstance(what, Exception) else what.result()
        except Exception as error:  # noqa: BLE001 — it takes the place of the answer.
            return error

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
