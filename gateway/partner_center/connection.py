"""One connection to Partner Center: a request without a body goes out, its answer comes in, then the next."""

import asyncio
import select
import sys
from collections.abc import Callable
from typing import NamedTuple, cast

import httpx
from typing_extensions import override

from gateway.partner_center.framing import BrokenFramingError, Framing

# Of a body, that wait for their reader; one piece from the socket may come on top (256 KiB).
MAX_UNREAD_BYTES = 256 * 1024
# Azure's front doors and gateways close idle connections after 90 to 240 s, and its load balancers may forget them
# without a word. A call on one that is just being closed fails, so it is closed here first.
IDLE_S = 60.0


class Origin(NamedTuple):
    """Where a connection leads to.

    Attributes:
        is_secure: whether it is TLS.
        host: a name in ASCII, or an address without brackets.
        port: a number above zero.
    """

    is_secure: bool
    host: str
    port: int


class Connection(asyncio.Protocol):
    """Carries one exchange at a time: `ask`, `read` until it gives nothing, `rest`.

    Whatever comes while nothing is asked ends it, so that it is nobody's answer. Failures are httpx's exceptions.

    Args:
        origin: where it leads to.
        on_lost: called when it has ended, however it did.
    """

    def __init__(self, origin: Origin, on_lost: Callable[["Connection"], None]) -> None:
        self.origin = origin
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._framing = Framing()
        self._is_asked = False
        self._is_open = False
        self._is_paused = False
        self._error: httpx.TransportError | None = None
        self._waiter: asyncio.Future[None] | None = None
        # How long the other side may be silent while it is waited for. One timer looks now and then, as it costs more
        # to set a timer for each wait.
        self._patience_s: float | None = None
        self._heard_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_s = 0.0

    @property
    def is_usable(self) -> bool:
        """Whether it is open, and nothing has come unasked, not even to this machine's end of it."""
        return self._is_open and not self._transport.is_closing() and not self._is_readable()

    @property
    def failure(self) -> httpx.TransportError | None:
        """Why it is of no use, where it is not open."""
        return None if self._is_open else self._error or httpx.ReadError("the connection broke off")

    @property
    def status(self) -> int:
        return self._framing.status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return self._framing.headers

    @property
    def is_answer_complete(self) -> bool:
        """Whether all of the answer has come, and `read` waits for nothing more."""
        return self._framing.is_complete

    async def ask(self, request: bytes, timeout_s: float | None) -> None:
        """Send a request's bytes. Returns when the answer's head is there.

        Args:
            request: as it goes out.
            timeout_s: between two pieces of the answer.
        """
        self._is_asked = True
        self._patience_s = timeout_s
        framing = self._framing
        framing.expect()
        self._transport.write(request)
        while not framing.is_head_complete or self._error:
            await self._news()

    async def read(self) -> bytes:
        """The next part of the body; nothing at its end."""
        while not self._framing.unread_bytes or self._error:
            if self._framing.is_complete and not self._error:
                return b""
            await self._news()
        return self.take_in()

    def take_in(self) -> bytes:
        """The part of the body that is there."""
        part = self._framing.take()
        if self._is_paused and self._is_open:
            self._is_paused = False
            self._transport.resume_reading()
        return part

    def rest(self) -> bool:
        """The exchange is over. Whether another may follow; otherwise the connection is closed."""
        self._is_asked = False
        if not (self._framing.is_complete and self._framing.keeps_alive and self._is_open) or self._is_paused:
            self.close()
            return False
        self._heard_at_s = self._loop.time()
        self._look_at(self._heard_at_s + IDLE_S)
        return True

    def close(self) -> None:
        """End it now: with it ends what has not been read, and what is on its way."""
        if self._is_open:
            self._is_open = False
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none by inheritance.
        self._transport = cast("asyncio.Transport", transport)
        self._is_readable = _readability(transport.get_extra_info("socket").fileno())
        self._is_open = True

    @override
    def data_received(self, data: bytes) -> None:
        framing = self._framing
        if not self._is_asked:
            self._fail(httpx.RemoteProtocolError("it speaks before it is asked"))
            return
        try:
            framing.feed(data)
        except BrokenFramingError as error:
            self._fail(httpx.RemoteProtocolError(str(error)))
            return
        if framing.goes_on:
            self.close()
        elif framing.unread_bytes > MAX_UNREAD_BYTES and not framing.is_complete and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        if framing.is_head_complete:
            self._wake()
        else:
            self._heard_at_s = self._loop.time()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_asked and not self._framing.is_complete and not (exc is None and self._framing.end()):
            self._fail(httpx.ReadError("the answer broke off"))
        self._wake()
        self._on_lost(self)

    def _fail(self, error: httpx.TransportError) -> None:
        self._error = self._error or error
        self.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _news(self) -> asyncio.Future[None]:
        """Done when more has come. Raises what has become of the exchange where nothing more will."""
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        if self._patience_s is not None:
            self._heard_at_s = self._loop.time()
            self._look_at(self._heard_at_s + self._patience_s)
        return self._waiter

    def _look_at(self, moment_s: float) -> None:
        if self._timer is not None:
            if self._timer_at_s <= moment_s:
                return
            self._timer.cancel()
        # Kept, since uvloop's handles (0.23) do not tell it.
        self._timer_at_s = moment_s
        self._timer = self._loop.call_at(moment_s, self._look)

    def _look(self) -> None:
        """Has the other side been silent, or the connection idle, for too long?"""
        self._timer = None
        if not self._is_asked:
            limit_s: float | None = IDLE_S
        elif self._waiter is not None and not self._waiter.done():
            limit_s = self._patience_s
        else:
            return  # It is the reader who takes its time.
        if limit_s is None:
            return
        if self._loop.time() < self._heard_at_s + limit_s:
            self._look_at(self._heard_at_s + limit_s)
        elif self._is_asked:
            self._fail(httpx.ReadTimeout("no answer in time"))
        else:
            self.close()


def _readability(descriptor: int) -> Callable[[], bool]:
    """What tells whether bytes, or the connection's end, wait there for the event loop to come and see."""
    if sys.platform == "win32":
        return lambda: bool(select.select((descriptor,), (), (), 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return lambda: bool(poll.poll(0))
