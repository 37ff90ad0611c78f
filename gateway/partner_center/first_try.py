"""A call's first try, by callbacks: nearly always it is all of the call, and needs no coroutine on its way."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx
from typing_extensions import override

from gateway.errors import GatewayError
from gateway.partner_center.exchange import Exchange
from gateway.partner_center.passage import Passage
from gateway.partner_center.time_limit import TimeLimits
from gateway.partner_center.tries import Tries
from gateway.partner_center.turn import Turn

# By this name, since Python 3.11 takes as long to look up a member of an enumeration as to call a function.
_OK = int(HTTPStatus.OK)


class FirstTry(Turn):
    """A turn in which a request is sent over a connection that waits for one, and answered by a plain 200.

    Begun once; told once, or left before. Where neither a body nor an error is told, it is `taken_over` or left.

    Args:
        tries: those of which it is the first.
        passage: through their lane.
        limits: beside which its time limit runs.
        told: called with it when it is over as far as it goes; perhaps before it has begun.
        has_left: whether who wants it leaves, and has not come to say so.

    Attributes:
        tries: as given.
        passage: as given.
        at_s: when its time is over, on the event loop's clock; the time limits' to set.
        exchange: once a connection has the request; it has news if nothing else was told.
        body: of a plain 200.
        error: why it has no turn; `TimeoutError` where its time is over.
    """

    __slots__ = (
        "_has_left",
        "_has_turn",
        "_is_over",
        "_is_to_be_taken_over",
        "_limits",
        "_told",
        "at_s",
        "body",
        "error",
        "exchange",
        "passage",
        "tries",
    )

    at_s: float
    exchange: Exchange | None
    body: bytes | None
    error: Exception | None

    def __init__(
        self,
        tries: Tries,
        passage: Passage,
        limits: TimeLimits,
        told: Callable[["FirstTry"], None],
        has_left: Callable[[], bool] | None = None,
    ) -> None:
        call = tries.call
        super().__init__(tries.turns, call.lane, call.kind, call.deadline_s, call.is_good_later, goes_first=False)
        self.tries = tries
        self.passage = passage
        self._limits = limits
        self._told = told
        self._has_left = has_left
        self.exchange = self.body = self.error = None
        self._has_turn = self._is_to_be_taken_over = self._is_over = False

    def begin(self) -> None:
        """Take the turn, or wait for it.

        Raises:
            OverloadedError: it will have none.
        """
        self._limits.begin(self, self.tries.call.ends_by_s - time.monotonic())
        try:
            has_turn = self.tries.turns.take(self)
        except GatewayError:
            self._end()
            raise
        if has_turn:
            self.begins()

    def leave(self) -> None:
        """It is not wanted any more, and is told nothing."""
        if self._is_over:
            return
        tries = self.tries
        self._end()
        if self.exchange is not None:
            self.exchange.drop()
            if not self._is_to_be_taken_over:
                tries.has_no_head(self.passage, asyncio.CancelledError())
        if self._has_turn:
            tries.turns.give_back(self, was_answered=False)
        else:
            tries.turns.leave(self)

    def taken_over(self) -> Exchange | None:
        """What came of it is another's now, together with its turn and passage: its exchange, where it was sent."""
        self._is_over = True
        return self.exchange

    def expire(self) -> None:
        self.leave()
        self.error = TimeoutError()
        self._told(self)

    @property
    @override
    def has_left(self) -> bool:
        return self._has_left is not None and self._has_left()

    @override
    def has_to_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        pass  # It waits for nothing but to be told.

    @override
    def begins(self) -> None:
        self._has_turn = True
        tries = self.tries
        try:
            tries.lane.sends(self.passage)
            self.exchange = tries.http.begin(tries.request, self._has_news)
        except (GatewayError, httpx.TransportError):
            pass  # It is told why as it goes on.
        if self.exchange is None:
            self._is_more()
        else:
            tries.sent += 1

    @override
    def is_turned_away(self, error: GatewayError) -> None:
        self._end()
        self.error = error
        self._told(self)

    def _has_news(self) -> None:
        tries = self.tries
        body = None if self.exchange is None else self.exchange.body_at_once(tries.call.max_bytes)
        if body is None:
            self._is_more()
            return
        self.body = body
        tries.lane.told(self.passage, _OK, None)
        self._end()
        tries.turns.give_back(self, was_answered=True)
        self._told(self)

    def _is_more(self) -> None:
        if self.exchange is not None and self.exchange.is_void:
            self.exchange.drop()
            self.exchange = None
            self.tries.sent -= 1
        self._is_to_be_taken_over = True
        self._limits.end(self)
        self._told(self)

    def _end(self) -> None:
        self._is_over = True
        self._limits.end(self)
        self.tries.lane.leave(self.passage)
