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


def is_answer(error: BaseException) -> bool:
    """Whether a call that ended so tells as well as a good one how long calls take."""
    return isinstance(error, UpstreamError) and error.upstream_status == HTTPStatus.NOT_FOUND


@dataclasses.dataclass(eq=False, slots=True)
class Turn:
    """A call that waits, or has its turn. As a context it has it for as long as that lasts; `Tries` takes it by itself.

    Attributes:
        turns: where it waits, and gives its turn back.
        kind: calls of one kind take about the same time.
        deadline_s: when its answer must be there, on the clock.
        is_good_later: its answer is of use after the deadline, too.
        goes_first: in its lane.
        came_s: when it came; this and the next are the queue's to set.
        begun_s: when it got its turn.
        granted: where it has to wait, done when it has its turn; fails where it will not.
    """

    turns: Queue
    lane: str
    kind: str
    deadline_s: float
    is_good_later: bool
    goes_first: bool
    came_s: float = dataclasses.field(init=False)
    begun_s: float = dataclasses.field(init=False)
    granted: asyncio.Future[None] = dataclasses.field(init=False)

    async def __aenter__(self) -> None:
        granted = self.turns.take(self)
        if granted is not None:
            await self.turns.wait(self, granted)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.turns.give_back(self, was_answered=error is None or is_answer(error))

    def is_hopeless(self, start_s: float, duration_s: float) -> bool:
        """Whether a turn from then on is too late."""
        if self.is_good_later and self.came_s + duration_s > self.deadline_s:
            return start_s > self.deadline_s
        return start_s + duration_s > self.deadline_s
