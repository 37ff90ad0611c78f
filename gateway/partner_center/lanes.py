"""The lanes of all tenants, a bounded number of them."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from gateway.errors import GatewayError
from gateway.partner_center.lane import Lane

_MAX_LANES = 4096


class Lanes:
    """Lanes by name; those used longest ago go, and of them first those that are idle.

    Args:
        clock: seconds, steadily rising.
        on_shut: called when one shuts, with its name and what makes the error of each who waits in it.
        max_lanes: more are not kept.
    """

    def __init__(
        self,
        on_shut: Callable[[str, Callable[[], GatewayError]], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        max_lanes: int = _MAX_LANES,
    ) -> None:
        self._on_shut = on_shut
        self._clock = clock
        self._max_lanes = max_lanes
        self._lanes: OrderedDict[str, Lane] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lanes)

    def by_state(self) -> Counter[str]:
        """How many are in which state."""
        return Counter(lane.state for lane in self._lanes.values())

    def of(self, name: str) -> Lane:
        """The tenant's lane; a new one is open."""
        lane = self._lanes.get(name)
        if lane is not None:
            self._lanes.move_to_end(name)
            return lane
        if len(self._lanes) >= self._max_lanes:
            idle = (name for name, lane in self._lanes.items() if lane.is_idle)
            del self._lanes[next(idle, next(iter(self._lanes)))]
        lane = self._lanes[name] = Lane(name, self._clock, self._on_shut)
        return lane
