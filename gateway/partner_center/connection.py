"""One connection to Partner Center: a request without a body goes out, its answer comes in, then the next."""

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import cast

import httpx
from typing_extensions import override

from gateway.outbox import Outbox
from gateway.partner_center.framing import BrokenFramingError, Framing
from gateway.partner_center.origin import Origin

# Of a body, that wait for their reader; one piece from the socket may come on top (256 KiB).
MAX_UNREAD_BYTES = 256 * 1024
# Azure's front doors and gateways close idle connections after 90 to 240 s, and its load balancers may forget them
# without a word. A call on one that is just being closed fails, so it is closed here first.
IDLE_S = 60.0


class Connection(asyncio.Protocol):
    """Carries one exchange at a time: `ask`, `read` until it gives nothing, `rest`.

    Whatever comes while nothing is asked ends it, so that it is nobody's answer; a request that would have gone out
    behind it stays unsent. Failures are httpx's exceptions.

    Args:
        origin: where it leads to.
        outbox: what requests are put into.
        on_lost: called when it has ended, however it did.

    Attributes:
        origin: where it leads to.
        answer: what has come of the answer.
        error: what has ended it, where it did not end by itself.
        has_served: whether an exchange over it has ended well.
        descriptor: as `Sender` has it. A new connection is not looked at: TLS 1.3 tickets come unasked.
    """

    def __init__(self, origin: Origin, outbox: Outbox, on_lost: Callable[["Connection"], None]) -> None:
        self.origin = origin
        self._outbox = outbox
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self.answer = Framing()
        self.has_served = False
        self.descriptor = -1
        self._is_asked = False
        self._unsent: bytes | None = None
        self._is_open = False
        self._is_paused = False
        self.error: httpx.TransportError | None = None
        self._on_news: Callable[[], None] | None = None
        # How long the other side may be silent while it is waited for. One timer looks now and then, as it costs more
        # to set a timer for each wait.
        self._patience_s: float | None = None
        self._heard_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        # Kept, since uvloop's handles (0.23) do not tell it.
        self._timer_at_s = math.inf

    def is_usable(self) -> bool:
        """Whether it is open, as far as the event loop has seen."""
        return self._is_open and not self._transport.is_closing()

    @property
    def was_sent(self) -> bool:
        """Whether the request went out."""
        return self._unsent is None

    @property
    def failure(self) -> httpx.TransportError | None:
        """Why it is of no use, where it is not open."""
        return None if self._is_open else self.error or httpx.ReadError("the connection broke off")

    def ask(self, request: bytes, timeout_s: float | None, on_news: Callable[[], None]) -> None:
        """Send a request's bytes when this turn of the event loop is over.

        Args:
            request: as it goes out.
            timeout_s: between two pieces of the answer.
            on_news: called once, when the answer's head is there, or an `error`, be it that the request was not sent.
                What it raises is lost.
        """
        self._is_asked = True
        self._patience_s = timeout_s
        self.answer.expect()
        self._unsent = request
        self._outbox.put(self)
        self._on_news = on_news
        if timeout_s is not None:
            self._await(timeout_s)

    async def read(self) -> bytes:
        """The next part of the body; nothing at its end."""
        while not self.answer.unread_bytes or self.error:
            if self.answer.is_complete and not self.error:
                return b""
            if self.error is not None:
                raise self.error
            news = self._loop.create_future()
            self._on_news = partial(come, news)
            if self._patience_s is not None:
                self._await(self._patience_s)
            await news
        return self.take_in()

    def take_in(self) -> bytes:
        """The part of the body that is there."""
        part = self.answer.take()
        if self._is_paused and self._is_open:
            self._is_paused = False
            self._transport.resume_reading()
        return part

    def rest(self) -> bool:
        """The exchange is over. Whether another may follow; otherwise the connection is closed."""
        self._is_asked = False
        self._unsent = None
        self._on_news = None
        answer = self.answer
        if not (answer.is_complete and answer.keeps_alive and self._is_open) or self._is_paused:
            self.close()
            return False
        self.has_served = True
        self.descriptor = self._socket
        self._await(IDLE_S)
        return True

    def close(self) -> None:
        """End it now: with it ends what has not been read, and what is on its way."""
        if self._is_open:
            self._is_open = False
            self.descriptor = -1
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none by inheritance.
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket").fileno()
        self._is_open = True

    @override
    def data_received(self, data: bytes) -> None:
        answer = self.answer
        if not self._is_asked or self._unsent is not None:
            self._spoil()
            return
        try:
            answer.feed(data)
        except BrokenFramingError as error:
            self._fail(httpx.RemoteProtocolError(str(error)))
            return
        if answer.goes_on:
            self.close()
        elif answer.unread_bytes > MAX_UNREAD_BYTES and not answer.is_complete and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        if answer.is_head_complete:
            self._wake()
        else:
            self._heard_at_s = self._loop.time()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        self.descriptor = -1
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._timer_at_s = None, math.inf
        if self._is_asked and not self.answer.is_complete and not (exc is None and self.answer.end()):
            self._fail(httpx.ReadError("the answer broke off"))
        self._wake()
        self._on_lost(self)

    def send(self) -> None:
        """As `Sender` has it."""
        request = self._unsent
        if request is None or not self._is_open:
            return  # Who asked has left, or been told.
        self._unsent = None
        try:
            self._transport.write(request)
        except Exception:  # noqa: BLE001 — what is to be sent behind it is not lost with it; it may quote the request.
            self._fail(httpx.WriteError("it could not be sent"))

    def keep(self) -> None:
        """As `Sender` has it. A part of TLS that is no data would never come up to here."""
        self._spoil()

    def _spoil(self) -> None:
        self._fail(httpx.RemoteProtocolError("it speaks before it is asked"))

    def _fail(self, error: httpx.TransportError) -> None:
        self.error = self.error or error
        self.close()
        self._wake()

    def _wake(self) -> None:
        on_news, self._on_news = self._on_news, None
        if on_news is not None:
            on_news()

    def _await(self, limit_s: float) -> None:
        """From now on it may be silent, or idle, for so long."""
        now_s = self._heard_at_s = self._loop.time()
        # The timer is there nearly always, and early enough: it will look again.
        if now_s + limit_s < self._timer_at_s:
            self._look_at(now_s + limit_s)

    def _look_at(self, moment_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at_s = moment_s
        self._timer = self._loop.call_at(moment_s, self._look)

    def _look(self) -> None:
        """Has the other side been silent, or the connection idle, for too long?"""
        self._timer, self._timer_at_s = None, math.inf
        if not self._is_asked:
            limit_s: float | None = IDLE_S
        elif self._on_news is not None:
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


def come(news: asyncio.Future[None]) -> None:
    """It is done, unless whoever waited for it has left."""
    if not news.done():
        news.set_result(None)
