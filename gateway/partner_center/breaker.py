"""When calls fail one after the other, no more are made, but for one now and then that finds out."""

import math

OPENS_AFTER_FAILURES = 10
# Upstream's recovery shall be noticed within a second.
PROBE_EVERY_S = 0.75
# Where upstream is silent, probes hang; they must not take all turns.
MAX_PROBES = 4


class Breaker:
    """Counts failures in a row.

    Attributes:
        is_open: whether calls are stopped.
    """

    def __init__(self) -> None:
        self.is_open = False
        self._failures = 0
        self._probed_at_s = 0.0
        self._answered_at_s = -math.inf

    def failed(self, sent_at_s: float, now_s: float) -> bool:
        """A call has failed. Whether that has opened the breaker.

        One that was sent before the latest answer came says nothing of what has been since: calls may hang long.
        """
        if sent_at_s >= self._answered_at_s:
            self._failures += 1
        if self.is_open or self._failures < OPENS_AFTER_FAILURES:
            return False
        self.is_open = True
        self._probed_at_s = now_s
        return True

    def answered(self, now_s: float) -> bool:
        """Upstream has answered. Whether that has closed the breaker."""
        was_open, self.is_open = self.is_open, False
        self._failures = 0
        self._answered_at_s = now_s
        return was_open

    def is_probe_due(self, now_s: float) -> bool:
        return self.is_open and now_s - self._probed_at_s >= PROBE_EVERY_S

    def probes(self, now_s: float) -> None:
        """A probe is made."""
        self._probed_at_s = now_s
