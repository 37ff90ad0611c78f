"""One try's way through its lane, and what of it the lane needs to know."""

import asyncio
from typing import ClassVar

from typing_extensions import override


class Passage:
    """One try's way through a lane.

    Attributes:
        is_probe: whether it is made to find out.
        sent_at_s: when it was sent, on the lane's clock; this and the next are the lane's to set.
        wishes_before: how often upstream had asked to wait by then.
    """

    # Without a constructor, since every call makes one.
    __slots__ = ("sent_at_s", "wishes_before")

    is_probe: ClassVar[bool] = False
    sent_at_s: float
    wishes_before: int

    def found_out(self) -> None:
        """What the answer brings takes as long as it takes: it is its caller's to end, and no probe any more."""


class Probe(Passage):
    """The way of a try that is made to find out whether upstream takes calls again.

    Args:
        is_of_breaker: whether nobody need wait for it: upstream has kept failing.

    Attributes:
        is_of_breaker: the same.
        is_told: whether its status line has come.
        time_limit: what ends it, while it is under way.
    """

    __slots__ = ("is_of_breaker", "is_told", "time_limit")

    is_probe = True

    def __init__(self, *, is_of_breaker: bool) -> None:
        self.is_of_breaker = is_of_breaker
        self.is_told = False
        self.time_limit: asyncio.Timeout | None = None

    def cut_off(self) -> None:
        """Let it end now, as a time-out."""
        if self.time_limit is not None and not self.time_limit.expired():
            self.time_limit.reschedule(asyncio.get_running_loop().time())

    @override
    def found_out(self) -> None:
        if self.time_limit is not None and not self.time_limit.expired():
            self.time_limit.reschedule(None)
