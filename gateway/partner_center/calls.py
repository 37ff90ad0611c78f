"""One call upstream: its lane, its turn, and a second try where the failure may pass."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import httpx
import stamina

from gateway.errors import GatewayError, OverloadedError, UpstreamTimeoutError
from gateway.partner_center.connection import come
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.first_try import FirstTry
from gateway.partner_center.lanes import Lanes
from gateway.partner_center.time_limit import TimeLimit, TimeLimits
from gateway.partner_center.tries import Call, Tries
from gateway.partner_center.turns import Turns


class Calls:
    """Makes calls, at most `concurrency` of them at once, each tenant's in a lane of its own.

    Args:
        http: the process's one client.
        concurrency: calls at once in this process.

    Attributes:
        begins_together: whether calls may be begun by `begin`; elsewhere `body` makes them, each as a whole.
    """

    begins_together = True

    def __init__(self, http: DirectClient, *, concurrency: int) -> None:
        self._http = http
        self._turns = Turns(concurrency)
        self._lanes = Lanes(self._turns.dismiss)
        self._probes: set[asyncio.Task[bytes]] = set()
        self._time_limits = TimeLimits()

    @property
    def running(self) -> int:
        """How many have a turn."""
        return len(self._turns)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return self._turns.waiting

    def lanes_by_state(self) -> Mapping[str, int]:
        """How many lanes are in which of `Lane.state`."""
        return self._lanes.by_state()

    async def aclose(self) -> None:
        """End the calls that nobody waits for."""
        for probe in tuple(self._probes):
            probe.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)

    def check(self, lane: str) -> None:
        """Refuse a call whose lane is shut, before anything is spent on it.

        Raises:
            GatewayError: as `body` would raise.
        """
        self._lanes.of(lane).check()

    def is_open(self, lane: str) -> bool:
        """Whether calls are let through in a lane, other than to find out."""
        return not self._lanes.of(lane).is_shut

    async def body(self, request: httpx.Request, call: Call) -> bytes:
        """The body of a 200. Any other answer, or none, is a `GatewayError`."""
        tries = self._tries(request, call)
        passage = tries.lane.enter_at_once() if call.read is None else None
        if passage is None:
            return await self.end(tries, None)
        news = asyncio.get_running_loop().create_future()
        first = FirstTry(tries, passage, self._time_limits, lambda _first: come(news), news.cancelled)
        first.begin()
        try:
            await news
        except BaseException:
            first.leave()
            raise
        return await self.end(tries, first)

    def begin(self, request: httpx.Request, call: Call, told: Callable[[FirstTry], None]) -> FirstTry:
        """Begin a call in a lane that is open; whoever is told of it calls `end`.

        Args:
            request: what is sent.
            call: what it is.
            told: as of `FirstTry`.

        Raises:
            GatewayError: it would have no turn in time, or the lane has shut.
        """
        tries = self._tries(request, call)
        passage = tries.lane.enter_at_once()
        if passage is None:
            raise tries.lane.refusal()
        first = FirstTry(tries, passage, self._time_limits, told)
        first.begin()
        return first

    async def end(self, tries: Tries, first: FirstTry | None) -> bytes:
        """The body of a call that was begun, or could not be; raises as `body` does.

        Args:
            tries: the call's.
            first: that it was told of.
        """
        try:
            if first is None:
                return await self._tried(tries, tries.next())
            if first.error is not None:
                raise first.error
            if first.body is not None:
                return first.body
            return await self._tried(tries, tries.go_on(first, first.passage, first.taken_over()))
        except TimeoutError:
            if not tries.sent:
                raise OverloadedError("The gateway has too many upstream calls to make.") from None
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None

    def _tries(self, request: httpx.Request, call: Call) -> Tries:
        return Tries(self._http, request, call, self._lanes.of(call.lane), self._turns, self._probes)

    async def _tried(self, tries: Tries, first: Awaitable[bytes]) -> bytes:
        """What the first try comes to, or the second, in the time that is left."""
        with TimeLimit(tries.call.ends_by_s - time.monotonic(), self._time_limits):
            try:
                return await first
            except GatewayError as error:
                if not tries.is_another_worth_it(error):
                    raise
                return await self._again(tries, error)

    async def _again(self, tries: Tries, first_error: GatewayError) -> bytes:
        """The second try, after a wait. The machinery of retries is entered here only: nearly all calls need none."""
        async for attempt in stamina.retry_context(
            on=tries.is_another_worth_it, attempts=2, wait_initial=0.1, wait_max=0.5, wait_jitter=0.4
        ):
            with attempt:
                if attempt.num == 1:
                    raise first_error
                return await tries.second(first_error)
        raise AssertionError("unreachable: the last attempt raises")  # pragma: no cover — for the type checker
