"""What is sent in one turn of the event loop, and goes out together when the turn is over.

A request that goes out wakes whoever receives it. Where each goes out by itself, with the work for the next in between,
each wakes the other side anew, and finds the way through the kernel anew: a query that reads 10 invoices by id took a
sixth more CPU (Linux, uvloop 0.23, both on loopback).
"""

import asyncio
from collections.abc import Callable


class Outbox:
    """Belongs to the event loop that runs when it is made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Callable[[], None]] = []

    def put(self, send: Callable[[], None]) -> None:
        """Have it called when this turn of the event loop is over, after what was put before it. It is not to raise."""
        if not self._waiting:
            self._loop.call_soon(self._send_all)
        self._waiting.append(send)

    def _send_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for send in waiting:
            send()
