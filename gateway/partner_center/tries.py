"""The tries of one call: each through the lane, in turn, and what becomes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httpx
import msgspec

from gateway.errors import (
    GatewayError,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
    UpstreamUnreadableError,
)
from gateway.partner_center.answer import raise_failure, read_body, retry_after_s, stream_of
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.exchange import Exchange
from gateway.partner_center.lane import BREAKER_PROBE_AWAITED_S, PASSING, Lane
from gateway.partner_center.passage import Passage, Probe
from gateway.partner_center.turn import Turn, is_answer
from gateway.partner_center.turns import Turns

# The event loop's timers may be this early.
_TIMER_S = 0.01
# A call that had less time than this says nothing of upstream when it is cut off.
_LEAST_TRIED_S = 0.5
# RFC 9110, 10.2.3, names 503 and redirects, and RFC 6585, 4, 429. Nothing waits for a redirect.
_MAY_ASK_TO_WAIT = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
# By these names, since Python 3.11 takes as long to look up a member of an enumeration as to call a function.
_OK, _TOO_MANY_REQUESTS = int(HTTPStatus.OK), int(HTTPStatus.TOO_MANY_REQUESTS)


class Call(msgspec.Struct, eq=False):
    """What a call is, apart from its request.

    Attributes:
        lane: whose call it is (`Scope.lane`).
        kind: calls of one kind take about the same time.
        max_bytes: longest body, decompressed.
        deadline_s: when the answer is wanted, on the clock of `time.monotonic`; not after the next.
        ends_by_s: when the call ends at the latest, on that clock.
        is_good_later: whether the answer is of use between the two.
        read: makes the outcome of an opened 200 and `max_bytes`, in the call's turn; None reads the body. What it
            raises of httpx's is tried again.
    """

    lane: str
    kind: str
    max_bytes: int
    deadline_s: float
    ends_by_s: float
    is_good_later: bool
    read: Callable[[httpx.Response, int], Awaitable[bytes]] | None = None


class BrokenOffError(UpstreamUnreadableError):
    """The answer began, and broke off."""


class Tries(msgspec.Struct, eq=False):
    """The tries of one call.

    Attributes:
        http: the process's one client.
        request: the same for all tries.
        call: what is asked for.
        lane: its tenant's.
        turns: of all calls.
        probes: those that nobody waits for are kept here.
        sent: how many were.
        is_left: whether the caller has been told that upstream keeps failing.
    """

    http: DirectClient
    request: httpx.Request
    call: Call
    lane: Lane
    turns: Turns
    probes: set[asyncio.Task[bytes]]
    sent: int = 0
    is_left: bool = False

    def is_another_worth_it(self, error: Exception) -> bool:
        """Whether the failure may pass, and the lane is open: no probe is tried twice."""
        may_pass = isinstance(error, UpstreamUnavailableError | BrokenOffError) or (
            isinstance(error, UpstreamError) and error.upstream_status in PASSING
        )
        return may_pass and not self.lane.is_shut

    def next(self) -> Awaitable[bytes]:
        """One try, to be awaited at once. No coroutine of its own where the lane is open, as nearly always."""
        passage = self.lane.enter_at_once()
        return self._enter_and_pass() if passage is None else self._pass(passage)

    async def second(self, first_error: GatewayError) -> bytes:
        """The second try. One that is not even sent fails as the first one has."""
        sent_before = self.sent
        try:
            return await self.next()
        except GatewayError:
            if self.sent == sent_before:
                raise first_error from None
            raise

    async def _enter_and_pass(self) -> bytes:
        passage = await self.lane.enter(self.call.deadline_s)
        if isinstance(passage, Probe) and passage.is_of_breaker:
            return await self._probe(passage)
        return await self._pass(passage)

    async def _probe(self, passage: Probe) -> bytes:
        """A try that goes on though its caller is told, before long, that upstream keeps failing."""
        probe = asyncio.create_task(self._pass_in_time(passage))
        self.probes.add(probe)
        probe.add_done_callback(self._ended)
        try:
            await asyncio.wait((probe,), timeout=BREAKER_PROBE_AWAITED_S)
            if passage.is_told:
                await asyncio.wait((probe,))
        finally:
            if passage.is_told:
                probe.cancel()
            self.is_left = not probe.done()
        if not probe.done():
            raise self.lane.refusal()
        return probe.result()

    def _ended(self, probe: asyncio.Task[bytes]) -> None:
        self.probes.discard(probe)
        if not probe.cancelled():
            probe.exception()  # Looked at, so that asyncio does not log a failure that nobody waited for.

    async def _pass_in_time(self, passage: Probe) -> bytes:
        """As `_pass`, until its deadline, or until it must make room for another probe."""
        try:
            async with asyncio.timeout(self.call.deadline_s - time.monotonic()) as passage.time_limit:
                return await self._pass(passage)
        except TimeoutError:
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None

    async def go_on(self, turn: Turn, passage: Passage, exchange: Exchange | None) -> bytes:
        """The rest of a try that has its turn, and may have been sent.

        Args:
            turn: that it has.
            passage: through the lane.
            exchange: of which there is news; None where nothing was sent.
        """
        try:
            return await self._in_turn(turn, passage, exchange)
        finally:
            self.lane.leave(passage)

    async def _pass(self, passage: Passage) -> bytes:
        """Through the lane, in turn."""
        call = self.call
        try:
            turn = Turn(self.turns, call.lane, call.kind, call.deadline_s, call.is_good_later, self.sent > 0)
            if not self.turns.take(turn):
                await self.turns.wait(turn)
            return await self._in_turn(turn, passage, None)
        finally:
            self.lane.leave(passage)

    async def _in_turn(self, turn: Turn, passage: Passage, exchange: Exchange | None) -> bytes:
        call, lane, turns = self.call, self.lane, self.turns
        try:
            if exchange is None:
                lane.sends(passage)
                self.sent += 1
            try:
                response = await self.http.exchange(self.request) if exchange is None else exchange.response()
            except BaseException as error:
                self.has_no_head(passage, error)
                raise
            status = response.status_code
            lane.told(passage, status, retry_after_s(response) if status in _MAY_ASK_TO_WAIT else None)
            if call.read is not None:
                passage.found_out()
            body = await self._read(response)
        except BaseException as error:
            turns.give_back(turn, was_answered=is_answer(error))
            raise
        turns.give_back(turn, was_answered=True)
        return body

    def has_no_head(self, passage: Passage, error: BaseException) -> None:
        """Status line and headers have not come, for this reason: tell the lane, and raise what it means."""
        if isinstance(error, httpx.TimeoutException):
            self.lane.failed(passage)
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None
        if isinstance(error, httpx.ProtocolError):
            raise _not_http() from None
        if isinstance(error, httpx.TransportError):
            self.lane.failed(passage)
            raise UpstreamUnavailableError("Partner Center cannot be reached.") from None
        if isinstance(error, asyncio.CancelledError):
            # By its time-out, or by the last waiter's leaving: where that was at the deadline, upstream was too slow;
            # where it was before, nothing is known.
            now_s = time.monotonic()
            if now_s >= self.call.deadline_s - _TIMER_S and now_s - passage.sent_at_s >= _LEAST_TRIED_S:
                self.lane.failed(passage)

    async def _read(self, response: httpx.Response) -> bytes:
        """The body, where it is still to come, to be decompressed, or tells of a failure."""
        status = response.status_code
        try:
            if self.is_left or status == _TOO_MANY_REQUESTS:
                raise self.lane.refusal()
            if status != _OK:
                await raise_failure(response)
            return await (self.call.read or read_body)(response, self.call.max_bytes)
        except httpx.TimeoutException:
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None
        except httpx.ProtocolError:
            raise _not_http() from None
        except httpx.TransportError:
            raise BrokenOffError("Partner Center's answer breaks off.") from None
        finally:
            await stream_of(response).aclose()


def _not_http() -> UpstreamUnreadableError:
    return UpstreamUnreadableError("Partner Center's answer is not valid HTTP.")
