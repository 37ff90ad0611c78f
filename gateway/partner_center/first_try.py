"""A call's first try, by callbacks: nearly always it is all of the call, and needs no coroutine on its way."""

import asyncio
import time
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

    Whoever waits for its `outcome` leaves it if that raises; where it is None, `Tries.go_on` takes over the turn, the
    passage and the exchange, whatever has become of them.

    Args:
        tries: those of which it is the first.
        passage: through their lane.
        limits: beside which its time limit runs.

    Attributes:
        passage: the same.
        exchange: once the request was sent; it has news if the outcome is None.
        at_s: when its time is over, on the event loop's clock; the time limits' to set.
        outcome: the body; None where there is more to it; `TimeoutError` where its time is over.
    """

    __slots__ = ("_has_turn", "_is_over", "_limits", "_tries", "at_s", "exchange", "outcome", "passage")

    at_s: float
    exchange: Exchange | None
    outcome: asyncio.Future[bytes | None]

    def __init__(self, tries: Tries, passage: Passage, limits: TimeLimits) -> None:
        call = tries.call
        super().__init__(tries.turns, call.lane, call.kind, call.deadline_s, call.is_good_later, goes_first=False)
        self._tries = tries
        self._limits = limits
        self.passage = passage
        self.exchange = None
        self._has_turn = self._is_over = False

    def begin(self) -> asyncio.Future[bytes | None]:
        """Returns `outcome`.

        Raises:
            OverloadedError: it will have no turn.
        """
        loop = self._limits.begin(self, self._tries.call.ends_by_s - time.monotonic())
        self.outcome = loop.create_future()
        if self._tries.turns.take(self):
            self.begins()
        return self.outcome

    def leave(self) -> None:
        """Its outcome is not wanted any more, or says that there will be none."""
        if self._is_over:
            return
        tries = self._tries
        if self.exchange is not None:
            self.exchange.drop()
            if self.outcome.cancelled() or self.outcome.exception() is not None:
                tries.has_no_head(self.passage, asyncio.CancelledError())
        if not self._has_turn:
            tries.turns.leave(self)
            self._end()
            return
        tries.turns.give_back(self, was_answered=False)
        self._end()

    def expire(self) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(TimeoutError())

    @property
    @override
    def has_left(self) -> bool:
        return self.outcome.done()

    @override
    def has_to_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        pass  # The outcome is what is waited for.

    @override
    def begins(self) -> None:
        self._has_turn = True
        tries = self._tries
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
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def _has_news(self) -> None:
        tries = self._tries
        body = None if self.exchange is None else self.exchange.body_at_once(tries.call.max_bytes)
        if body is None:
            self._is_more()
            return
        tries.lane.told(self.passage, _OK, None)
        tries.turns.give_back(self, was_answered=True)
        self._end()
        if not self.outcome.done():
            self.outcome.set_result(body)

    def _is_more(self) -> None:
        if not self.outcome.done():
            self._limits.end(self)
            self.outcome.set_result(None)

    def _end(self) -> None:
        self._is_over = True
        self._limits.end(self)
        self._tries.lane.leave(self.passage)
