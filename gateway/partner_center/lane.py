"""One tenant's way to upstream: shut while upstream throttles the tenant, or fails it again and again.

While it is shut, a probe now and then finds out whether it still must be; those who come meanwhile wait a moment for
its outcome, and are refused.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from gateway.errors import GatewayError, RateLimitedError, UpstreamUnavailableError
from gateway.partner_center.breaker import MAX_PROBES, Breaker
from gateway.partner_center.passage import Passage, Probe
from gateway.partner_center.pause import Pause
from gateway.telemetry import log

# Failures that often pass at once; GETs are safe to repeat. Not 429: "avoid immediate retries because all requests
# accrue against your usage limits" (docs: api-throttling-guidance, 2023).
PASSING = frozenset({500, 502, 503, 504})
_TOO_MANY_REQUESTS = int(HTTPStatus.TOO_MANY_REQUESTS)

# A pause's probe is made by all accounts when upstream takes calls again; it is worth waiting for.
_PAUSE_PROBE_AWAITED_S = 1.0
# Where upstream keeps failing, callers are told so within a tenth of a second, the probe's own among them.
BREAKER_PROBE_AWAITED_S = 0.05

_LONGEST_NAME_TOLD = 36  # A tenant's id is as long; of a token's hash it is enough to tell lanes apart.


class Lane:
    """A tenant's lane.

    Args:
        name: the tenant's id, or the hash of a token.
        clock: seconds, steadily rising.
        on_shut: called when it shuts, with what makes the error of each who waits.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        on_shut: Callable[[str, Callable[[], GatewayError]], None] = lambda _name, _error: None,
    ) -> None:
        self.name = name
        self._told_name = name[:_LONGEST_NAME_TOLD]
        self._clock = clock
        self._on_shut = on_shut
        self._pause = Pause()
        self._is_throttled = False
        self._pause_probe: Probe | None = None
        self._wishes = 0
        self._breaker = Breaker()
        self._breaker_probes: list[Probe] = []
        self._passages = 0
        self._news = asyncio.Event()

    @property
    def is_shut(self) -> bool:
        """Whether only probes are let through."""
        return self._pause.is_on or self._breaker.is_open

    @property
    def state(self) -> str:
        """`open`; `paused`, as upstream asked; or `stopped`, since upstream keeps failing."""
        return "paused" if self._pause.is_on else "stopped" if self._breaker.is_open else "open"

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost with it."""
        is_paused = self._pause.is_on and not self._pause.is_over(self._clock())
        return not (self._passages or is_paused or self._breaker.is_open)

    def refusal(self) -> GatewayError:
        """What callers are told while it is shut."""
        if not self._pause.is_on:
            return UpstreamUnavailableError("Partner Center keeps failing; it is asked again in a moment.")
        if self._is_throttled:
            return RateLimitedError("Partner Center asks to slow down.", self._pause.left_s(self._clock()))
        return UpstreamUnavailableError("Partner Center asks to be left alone for a while.")

    def check(self) -> None:
        """Refuse what `enter` would refuse without waiting.

        Raises:
            GatewayError: the lane is shut, and no probe is due or under way.
        """
        if self._pause.is_on:
            is_hopeless = not self._pause.is_over(self._clock())
        elif self._breaker.is_open:
            is_hopeless = not (self._breaker_probes or self._breaker.is_probe_due(self._clock()))
        else:
            return
        if is_hopeless:
            raise self.refusal()

    def enter_at_once(self) -> Passage | None:
        """As `enter`, where the lane is open."""
        if self._pause.is_on or self._breaker.is_open:
            return None
        self._passages += 1
        return Passage()

    async def enter(self, deadline_s: float) -> Passage:
        """A way through for one try, as a probe where one is due. Whoever enters leaves.

        Args:
            deadline_s: until when a probe's outcome may be waited for, on the clock.

        Raises:
            GatewayError: the lane is shut.
        """
        passage = await self._way_through(deadline_s)
        self._passages += 1
        return passage

    def leave(self, passage: Passage) -> None:
        """The try is over, whether or not anything was told of it."""
        self._passages -= 1
        if passage.is_probe:
            self._ended(passage)

    def sends(self, passage: Passage) -> None:
        """The try is sent now; it may have waited for its turn since it was let through.

        Raises:
            GatewayError: the lane has shut meanwhile.
        """
        now_s = self._clock()
        if self._pause.is_on and not (passage is self._pause_probe and self._pause.is_over(now_s)):
            raise self.refusal()
        if self._breaker.is_open and not passage.is_probe:
            raise self.refusal()
        passage.sent_at_s = now_s
        passage.wishes_before = self._wishes

    def told(self, passage: Passage, status: int, retry_after_s: float | None) -> None:
        """The try's status line has come: that is what a probe is for, whatever becomes of the body."""
        by_probe = passage is self._pause_probe
        if status in PASSING:
            self.failed(passage)
            if status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after_s is not None:
                self._wished(retry_after_s, by_probe=by_probe, is_throttled=False)
        else:
            if self._breaker.answered(self._clock()):
                log.info("upstream answers again", lane=self._told_name)
            if status == _TOO_MANY_REQUESTS:
                self._wished(retry_after_s, by_probe=by_probe, is_throttled=True)
            elif self._pause.is_on and passage.wishes_before == self._wishes:
                self._pause.ended()
                log.info("upstream takes calls again", lane=self._told_name)
        if isinstance(passage, Probe):
            passage.is_told = True
            self._ended(passage)

    def failed(self, passage: Passage) -> None:
        """The try got no answer, or not in time, or one that says that upstream fails."""
        now_s = self._clock()
        has_opened = self._breaker.failed(passage.sent_at_s, now_s)
        if self._breaker.is_open and self._pause.is_on and self._pause.is_over(now_s):
            # Probes at the breaker's pace, rather than one after the other.
            self._pause.ended()
            self._breaker.probes(now_s)
        if has_opened:
            log.warning("upstream keeps failing; its calls are stopped", lane=self._told_name)
            self._on_shut(self.name, self.refusal)
        if passage.is_probe:
            self._ended(passage)

    def _wished(self, retry_after_s: float | None, *, by_probe: bool, is_throttled: bool) -> None:
        was_on = self._pause.is_on
        pause_s = self._pause.wished(retry_after_s, self._clock(), by_probe=by_probe)
        self._is_throttled = is_throttled
        # What was sent before does not know of it, and its success does not end it.
        self._wishes += 1
        if by_probe or not was_on:
            log.warning("upstream asks to wait", lane=self._told_name, pause_s=round(pause_s), throttled=is_throttled)
        self._on_shut(self.name, self.refusal)

    async def _way_through(self, deadline_s: float) -> Passage:
        now_s = begun_s = self._clock()
        while True:
            if self._pause.is_on:
                if not self._pause.is_over(now_s):
                    raise self.refusal()
                if self._pause_probe is None:
                    self._pause_probe = Probe(is_of_breaker=False)
                    return self._pause_probe
                patience_s = _PAUSE_PROBE_AWAITED_S
            elif self._breaker.is_open:
                if self._breaker.is_probe_due(now_s):
                    return self._breaker_probe(now_s)
                if not self._breaker_probes:
                    raise self.refusal()
                patience_s = BREAKER_PROBE_AWAITED_S
            else:
                return Passage()
            left_s = min(begun_s + patience_s, deadline_s) - now_s
            if left_s <= 0 or not await self._has_news_within(left_s):
                raise self.refusal()
            now_s = self._clock()

    def _breaker_probe(self, now_s: float) -> Probe:
        if len(self._breaker_probes) >= MAX_PROBES:
            # The oldest stays, for an upstream that is slow but alive; the others make room.
            self._breaker_probes.pop(1).cut_off()
        self._breaker.probes(now_s)
        probe = Probe(is_of_breaker=True)
        self._breaker_probes.append(probe)
        return probe

    async def _has_news_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):  # `wait_for` (3.11) may forget that it was cancelled as the news came.
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _ended(self, passage: Passage) -> None:
        """A probe's outcome is known, or never will be."""
        if passage is self._pause_probe:
            self._pause_probe = None
        elif passage in self._breaker_probes:
            self._breaker_probes.remove(passage)
        else:
            return
        self._news.set()
        self._news = asyncio.Event()
