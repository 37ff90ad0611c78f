"""One call's turn: to be waited for, had, and given back."""

import asyncio
import dataclasses
from http import HTTPStatus
from typing import Protocol

from gateway.errors import GatewayError, UpstreamError


class Queue(Protocol):
    """Who gives the turns."""

    def take(self, turn: "Turn") -> bool: ...

    async def wait(self, turn: "Turn") -> None: ...

    def give_back(self, turn: "Turn", *, was_answered: bool) -> None: ...


def is_answer(error: BaseException) -> bool:
    """Whether a call that ended so tells as well as a good one how long calls take."""
    return isinstance(error, UpstreamError) and error.upstream_status == HTTPStatus.NOT_FOUND


@dataclasses.dataclass(eq=False, slots=True)
class Turn:
    """A call that waits, or has its turn. As a context it has it for as long as that lasts; `Tries` takes it by itself.

    Who gives the turns calls `has_to_wait`, then `begins` or `is_turned_away`; none of them where it begins at once.

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
        if not self.turns.take(self):
            await self.turns.wait(self)

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.turns.give_back(self, was_answered=error is None or is_answer(error))

    @property
    def has_left(self) -> bool:
        """Whether it leaves, and has not come to say so."""
        return self.granted.cancelled()

    def has_to_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self.granted = loop.create_future()

    def begins(self) -> None:
        """It has its turn, and will give it back."""
        self.granted.set_result(None)

    def is_turned_away(self, error: GatewayError) -> None:
        """It will have no turn."""
        if not self.granted.cancelled():
            self.granted.set_exception(error)
            self.granted.exception()  # Looked at: one who leaves in this very moment will not.

    def is_hopeless(self, start_s: float, duration_s: float) -> bool:
        """Whether a turn from then on is too late."""
        if self.is_good_later and self.came_s + duration_s > self.deadline_s:
            return start_s > self.deadline_s
        return start_s + duration_s > self.deadline_s
