"""How long upstream wants to be left alone, and what it takes to ask again."""

import math

# Where upstream names no time. Its documents name none either (api-throttling-guidance, 2023).
UNNAMED_S = 5.0
# A time of zero, or one in the past, is no reason to ask again at once.
LEAST_S = 1.0
# "Exponential back-off on top of Retry-After" where the next call is throttled again (api-throttling-guidance, 2023).
_FIRST_BACK_OFF_S = 5.0
# What back-off alone never makes a pause longer than.
_LONGEST_BY_BACK_OFF_S = 300.0
_MAX_DOUBLINGS = 10


class Pause:
    """A wish to be left alone, until a call after it was answered.

    Attributes:
        is_on: whether it lasts: its time is not over, or no call has been answered since.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._until_s = 0.0
        self._times_in_a_row = 0

    def wished(self, retry_after_s: float | None, now_s: float, *, by_probe: bool) -> float:
        """Upstream asks to wait. Returns for how long, in seconds from now.

        Args:
            retry_after_s: for how long, where it says so.
            now_s: the present.
            by_probe: whether it did so once more, to the call that was made when a pause was over.
        """
        wait_s = UNNAMED_S if retry_after_s is None else max(LEAST_S, retry_after_s)
        if by_probe:
            self._times_in_a_row += 1
            back_off_s = _FIRST_BACK_OFF_S * 2 ** min(self._times_in_a_row - 1, _MAX_DOUBLINGS)
            wait_s = max(wait_s, min(wait_s + back_off_s, _LONGEST_BY_BACK_OFF_S))
        # Calls that were under way together are throttled together; none of them shortens it.
        self._until_s = max(self._until_s, now_s + wait_s) if self.is_on else now_s + wait_s
        self.is_on = True
        return self._until_s - now_s

    def is_over(self, now_s: float) -> bool:
        return now_s >= self._until_s

    def left_s(self, now_s: float) -> int:
        """Whole seconds to wait, at least one."""
        return max(1, math.ceil(self._until_s - now_s))

    def ended(self) -> None:
        """A call after it was answered."""
        self.is_on = False
        self._times_in_a_row = 0
