"""What answers are written to: a connection's transport, whose end is the connection's to choose."""

import asyncio
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from gateway.outbox import outbox_of_this_loop


class AnswerTransport(asyncio.Transport):
    """Writes a whole answer when the turn of the event loop is over, together with those to other callers.

    For an answer that is kept that is a quarter of its CPU (`gateway.outbox`).

    Args:
        transport: the connection's.
        end: called in the place of `close`.
    """

    # Nobody is to be looked at: what callers send ahead is theirs to send.
    descriptor = -1

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._outbox = outbox_of_this_loop()
        self._end = end
        self._unsent: bytes | None = None

    def write_whole(self, answer: bytes) -> None:
        """Write a whole answer, before long; `send` writes it now."""
        if self._unsent is not None:
            self.write(answer)  # One waits, no more: what a caller asks for ahead of time is not to heap up here.
            return
        self._unsent = answer
        self._outbox.put(self)

    def send(self) -> None:
        """As `Sender` has it. To be called before the connection is closed, and before anything else is written."""
        answer, self._unsent = self._unsent, None
        if answer is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def keep(self) -> None:
        """As `Sender` has it."""

    @override
    def write(self, data: Any) -> None:
        self.send()
        self._transport.write(data)

    @override
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @override
    def close(self) -> None:
        self._end()
