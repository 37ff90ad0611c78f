"""What has come over idle connections, and the event loop has not come to see."""

import asyncio
import select
import sys
import time
from collections.abc import Collection

from gateway.partner_center.connection import Connection

# A look is good for so long. What comes in that time might as well have been on its way still, where nobody sees it.
_GOOD_S = 0.001


class Unseen:
    """Looks at this machine's end of connections, past the event loop, which sees everything a moment later.

    One look at all that are idle serves whoever takes one of them in the next moment, and before the event loop's next
    turn: an operation takes ten at once, and a look at each took a thirtieth of all that it costs.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._quiet: set[Connection] = set()
        self._looked_at_s = 0.0

    def is_at(self, connection: Connection, others: Collection[Connection]) -> bool:
        """Whether bytes or an end wait there.

        Args:
            connection: that is about to be used.
            others: that are idle, and may be used next.
        """
        now_s = time.monotonic()  # Not the event loop's clock, since uvloop's stands still during a turn.
        if connection in self._quiet:
            self._quiet.remove(connection)  # It is idle no more, and when it is again, something may come.
            if now_s - self._looked_at_s < _GOOD_S:
                return False
        found = waiting_at({each.descriptor for each in (connection, *others)})
        if others:
            if not self._quiet:
                # That alone is no bound: turns may be long, and of the next, uvloop hands on what has come before this.
                self._loop.call_soon(self._quiet.clear)
            self._quiet.clear()
            self._quiet.update([each for each in others if each.descriptor not in found])
            self._looked_at_s = now_s
        return connection.descriptor in found


def waiting_at(descriptors: Collection[int]) -> set[int]:
    """Those of some sockets where bytes or an end wait."""
    if sys.platform == "win32":
        return set(select.select(descriptors, (), (), 0)[0])
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _events in poll.poll(0)}
