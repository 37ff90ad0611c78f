"""How old an answer may be: what an entity allows, what a caller asks, and what a served answer says of itself."""

import dataclasses
import math
from typing import Generic, NamedTuple, TypeVar

from gateway.errors import OverloadedError, RateLimitedError, SignInUnavailableError, UpstreamError

T = TypeVar("T")

COVERED = (UpstreamError, RateLimitedError, OverloadedError, SignInUnavailableError)
"""Failures that a stale answer stands in for: upstream fails, throttles or is cut off.

A refusal (401, 403) is none of them: whoever has lost the right to see something is not shown it from the past.
"""

# A caller that keeps saying no-cache costs one upstream call per key in this time (README, How old an answer may be).
RENEWED_AT_MOST_EVERY_S = 5.0

RENEWING = "RENEWING"
"""The reason of an answer in its stale window: it is being renewed for whoever asks next."""

ONLY_IF_CACHED = "ONLY_IF_CACHED"
"""The reason of a stale answer that the caller wanted rather than an upstream call."""


class Windows(NamedTuple):
    """Seconds that an answer may be served for, each window after the one before it.

    Attributes:
        fresh_s: as it is.
        stale_s: at once, and renewed behind (`stale-while-revalidate`, RFC 5861, 3).
        stale_if_error_s: where it cannot be renewed (`stale-if-error`, RFC 5861, 4). Reckoned from the end of the
            fresh window, as there; where it is shorter than `stale_s`, that holds.
    """

    fresh_s: float
    stale_s: float = 0.0
    stale_if_error_s: float = 0.0

    @property
    def usable_s(self) -> float:
        """Seconds after which the answer is of no use to anybody."""
        return self.fresh_s + max(self.stale_s, self.stale_if_error_s)


@dataclasses.dataclass(frozen=True, slots=True)
class CacheControl:
    """What a caller asks of the ages of answers: the request's `Cache-Control` (RFC 9111, 5.2.1).

    Attributes:
        no_cache: nothing kept may be served; nothing covers a failing upstream.
        max_age_s: nothing older may be served.
        max_stale_s: nothing that is past its fresh window for longer may be served.
        only_if_cached: nothing may be asked of upstream.
    """

    no_cache: bool = False
    max_age_s: float = math.inf
    max_stale_s: float = math.inf
    only_if_cached: bool = False

    def allows(self, *, age_s: float, staleness_s: float, kept_s: float) -> bool:
        """Whether an answer may be served.

        Args:
            age_s: seconds since upstream was asked for it.
            staleness_s: seconds since its fresh window ended; negative before.
            kept_s: seconds since it came. One that has just come is as new as it gets.
        """
        if self.no_cache or age_s > self.max_age_s:
            return kept_s <= RENEWED_AT_MOST_EVERY_S
        return staleness_s <= self.max_stale_s


ANY_AGE = CacheControl()
"""What a caller asks who says nothing."""


@dataclasses.dataclass(slots=True)
class Served(Generic[T]):
    """An answer, and what is to be said of its age.

    Attributes:
        value: the answer.
        age_s: seconds since upstream was asked for it; 0 of what has just come.
        stale_because: why it is served past its fresh window: `RENEWING`, `ONLY_IF_CACHED`, or the code of the error
            that keeps it from being renewed. None for a fresh answer.
        fresh_until_s: the moment on the cache's clock up to which it is fresh. Says nothing of what the answer is.
        read_at_s: the moment on that clock when upstream was asked for it. Nor does this.
    """

    value: T
    age_s: float = 0.0
    stale_because: str | None = None
    fresh_until_s: float = dataclasses.field(default=-math.inf, compare=False)
    read_at_s: float = dataclasses.field(default=-math.inf, compare=False)
