"""One try's way through its lane, and what of it the lane needs to know."""

import asyncio
import dataclasses


@dataclasses.dataclass(eq=False, slots=True)
class Passage:
    """One try's way through a lane.

    Attributes:
        is_probe: whether it is made to find out.
        is_breaker_probe: whether nobody need wait for it: upstream has kept failing.
        is_told: whether its status line has come.
        time_limit: what ends it, while it is under way.
    """

    is_probe: bool = False
    is_breaker_probe: bool = False
    is_told: bool = False
    time_limit: asyncio.Timeout | None = None
    sent_at_s: float = 0.0
    wishes_before: int = 0

    def cut_off(self) -> None:
        """Let it end now, as a time-out."""
        if self.time_limit is not None and not self.time_limit.expired():
            self.time_limit.reschedule(asyncio.get_running_loop().time())

    def found_out(self) -> None:
        """What the answer brings takes as long as it takes: it is its caller's to end, and no probe any more."""
        if self.time_limit is not None and not self.time_limit.expired():
            self.time_limit.reschedule(None)
