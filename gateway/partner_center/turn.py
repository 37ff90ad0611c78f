"""One call's turn: to be waited for, had, and given back."""

import asyncio
import dataclasses
from http import HTTPStatus
from typing import Protocol

from gateway.errors import UpstreamError


class Queue(Protocol):
    """Who gives the turns."""

    def take(self, turn: "Turn") -> asyncio.Future[None] | None: ...

    async def wait(self, turn: "Turn", granted: asyncio.Future[None]) -> None: ...

    def give_back(self, turn: "Turn", *, was_answered: bool) -> None: ...


@dataclasses.dataclass(eq=False, slots=True)
class Turn:
    """A call that waits, or has its turn: for as long as the context lasts.

    Attributes:
        turns: where it waits, and gives its turn back.
        kind: calls of one kind take about the same time.
        deadline_s: when its answer must be there, on the clock.
        is_good_later: its answer is of use after the deadline, too.
        goes_first: in its lane.
        came_s: when it came.
        begun_s: when it got its turn.
        granted: where it has to wait, done when it has its turn; fails where it will not.
    """

    turns: Queue
    lane: str
    kind: str
    deadline_s: float
    is_good_later: bool
    goes_first: bool
    came_s: float = 0.0
    begun_s: float = 0.0
    granted: asyncio.Future[None] | None = None

    async def __aenter__(self) -> None:
        granted = self.turns.take(self)
        if granted is not None:
            await self.turns.wait(self, granted)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        was_answered = error is None or (
            isinstance(error, UpstreamError) and error.upstream_status == HTTPStatus.NOT_FOUND
        )
        self.turns.give_back(self, was_answered=was_answered)

    def is_hopeless(self, start_s: float, duration_s: float) -> bool:
        """Whether a turn from then on is too late."""
        if self.is_good_later and self.came_s + duration_s > self.deadline_s:
            return start_s > self.deadline_s
        return start_s + duration_s > self.deadline_s
