"""A caller's connection: uvicorn's, with an end to everything that a caller can make it wait for or keep."""

import asyncio
from collections.abc import Callable
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.errors import BadRequestError, GatewayError, OverloadedError
from gateway.web.answer_transport import AnswerTransport
from gateway.web.cycle import BREAKING_OFF_EXTENSION, Cycle
from gateway.web.health import PATHS as HEALTH_PATHS
from gateway.web.leaving import LEAVING_EXTENSION
from gateway.web.outside import answer_outside, no_room
from gateway.web.requests import BODY_EXTENSION

# Connections beyond the limit that are still told so, rather than closed without a word.
_REFUSED_POLITELY = 100


class Connection(HttpToolsProtocol):
    """HTTP/1.1 to one caller.

    uvicorn 0.54 closes a connection that is idle after an answer, and waits for ever for all else: the first request,
    the rest of a head, a caller that does not read. It keeps a head of any length, takes a chunked body's trailer for
    headers, and closes on a caller that is still sending, whose system then drops the answer with the rest (a reset;
    RFC 9112, 9.6). Its limit of connections answers in plain text, health checks too.

    Attributes:
        head_timeout_s: from the connection, or from the head's first byte, to its last.
        linger_s: for which the rest of a body is read, and forgotten, after an answer that ends the connection.
        take_timeout_s: that a caller may take to read what waits for it.
        body_end_s: for which the rest of a body is awaited once the process is to end.
        max_idle_bytes: that may come without ending a head or bringing any of a body; as long may a head be, and the
            rest of the read that ended it.
        max_ahead: requests that may wait behind one; short ones come by the thousand in one read.
    """

    head_timeout_s = 10.0
    linger_s = 2.0
    take_timeout_s = 60.0
    body_end_s = 1.0
    max_idle_bytes = 64 * 1024
    max_ahead = 100

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._max_connections, self.limit_concurrency = self.limit_concurrency, None
        self._head_timer: asyncio.TimerHandle | None = None
        self._take_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._lingers = self._awaits_rest = self._is_extra = False
        self._idle_bytes = 0
        self._running: RequestResponseCycle | None = None
        self._on_leaving: Callable[[], None] | None = None
        self._extensions: dict[str, dict[object, object]] = {
            BODY_EXTENSION: {"take": self._take_body},
            LEAVING_EXTENSION: {"watch": self._watch},
            BREAKING_OFF_EXTENSION: {},
        }

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._answers = AnswerTransport(transport, self._end)
        if self._is_beyond(_REFUSED_POLITELY):
            transport.abort()
            return
        self._is_extra = self._is_beyond(0)
        self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        if self._on_leaving is not None:
            self._on_leaving()
        for timer in (self._head_timer, self._take_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    @override
    def eof_received(self) -> None:
        # A caller that has said all may still read. The event loop closes the connection behind this.
        self._answers.send()
        super().eof_received()

    @override
    def data_received(self, data: bytes) -> None:
        self._idle_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or self._lingers:
            return
        if self._idle_bytes > self.max_idle_bytes:
            self._refuse(BadRequestError("The request's head is too long.", 431))
        elif self._head_timer is None and self.is_idle:
            self._await_head()

    @override
    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= self.max_ahead:
            raise OverloadedError("Too many requests are sent ahead.")
        self._idle_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        if self._is_extra:
            self.app = self.config.loaded_app if self.url.partition(b"?")[0] in HEALTH_PATHS else no_room
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self.cycle.__class__ = Cycle  # uvicorn has no option for it.
        self.cycle.transport = self._answers
        self.headers = []  # For a trailer, which is no header (RFC 9110, 6.5.1).

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @override
    def on_body(self, body: bytes) -> None:
        self._idle_bytes = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._idle_bytes = 0
        super().on_message_complete()
        if self._awaits_rest:
            # The answer did not say that it ends the connection, and a caller that has kept to its side may go on.
            self._awaits_rest = self._lingers = False
            if self._end_timer is not None:
                self._end_timer.cancel()
        elif self._lingers:
            self._close()

    @override
    def on_response_complete(self) -> None:
        if self._lingers:
            self.server_state.total_requests += 1
        else:
            super().on_response_complete()
            if self.cycle is self._running and self.cycle.more_body and not self.transport.is_closing():
                self._awaits_rest = True
                self._end()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._take_timer = self.loop.call_later(self.take_timeout_s, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        if self._take_timer is not None:
            self._take_timer.cancel()
            self._take_timer = None
        super().resume_writing()

    @override
    def shutdown(self) -> None:
        self._answers.send()
        super().shutdown()

    @override
    def timeout_keep_alive_handler(self) -> None:
        self._close()

    @property
    def is_idle(self) -> bool:
        """Whether no request waits for its answer."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def hurry(self) -> None:
        """Await the rest of a body for no more than a moment: the process is to end."""
        if not self.is_idle:
            self._end_timer = self.loop.call_later(self.body_end_s, self._refuse_half)

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(BadRequestError("This is not an HTTP/1.1 request."))

    def _watch(self, on_leaving: Callable[[], None] | None) -> None:
        self._on_leaving = on_leaving
        if on_leaving is not None:
            # Requests sent ahead have stopped the reading, and with it the news of the connection's end.
            self.flow.resume_reading()
            if self._running is not None and self._running.disconnected:
                self.loop.call_soon(on_leaving)  # It has left already.

    def _take_body(self) -> bytes | None:
        return self._running.take_body() if isinstance(self._running, Cycle) else None

    def _is_beyond(self, further: int) -> bool:
        return self._max_connections is not None and len(self.connections) > self._max_connections + further

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_timeout_s, self._close)

    def _refuse(self, error: BadRequestError) -> None:
        """Answer what never became a request, and end the connection."""
        if self.is_idle:
            self._tell(error)
        elif self._running is self.cycle and self.cycle.more_body and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._tell(error)
        else:
            self._close()

    def _tell(self, error: GatewayError) -> None:
        status, headers, body = answer_outside(error)
        lines = [STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n", body]
        self._answers.write(b"".join(lines))
        self._close()

    def _refuse_half(self) -> None:
        """Answer a request that is still being sent when the process is to end."""
        if self.cycle.more_body and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._tell(OverloadedError("This process is ending: ask again."))

    def _end(self) -> None:
        """Close after an answer, once the caller has sent what it is sending."""
        if not self.cycle.more_body or self.transport.is_closing():
            self._close()
            return
        self._lingers = True
        self.flow.resume_reading()
        self._end_timer = self.loop.call_later(self.linger_s, self._close)

    def _close(self) -> None:
        """Close, though the caller may never take what was written."""
        if self._end_timer is not None:
            self._end_timer.cancel()
        self._answers.send()
        self.transport.close()
        self._end_timer = self.loop.call_later(self.take_timeout_s, self.transport.abort)
