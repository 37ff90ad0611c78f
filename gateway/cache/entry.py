"""A kept answer, and whether it may be served now."""

from typing import Any, Generic, TypeVar

import msgspec

from gateway.caller import Scope
from gateway.freshness import ONLY_IF_CACHED, RENEWING, CacheControl, Served, Windows

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True):
    """A kept answer. Moments are on the clock of `time.time`, which replicas share.

    Attributes:
        scope: whose rights stand behind it.
        value: immutable; every reader gets this same object.
        read_at_s: when upstream was asked for it. What it says was true then or later.
        kept_at_s: when it came, and its windows began.
        windows: for how long it may be served.
        size_bytes: the memory it takes, roughly.
        retry_at_s: before this moment it is not tried to renew it, since that has just failed.
        failure: the code of that failure.
    """

    scope: Scope
    value: Any
    read_at_s: float
    kept_at_s: float
    windows: Windows
    size_bytes: int
    retry_at_s: float = 0.0
    failure: str | None = None

    @property
    def fresh_until_s(self) -> float:
        return self.kept_at_s + self.windows.fresh_s


class Found(msgspec.Struct, Generic[T], frozen=True):
    """A kept answer that may be served.

    Attributes:
        served: the answer.
        at_once: whether it may be served without asking upstream first. False where it is the last resort.
        to_renew: whether it is to be renewed behind.
    """

    served: Served[T]
    at_once: bool = True
    to_renew: bool = False

    @property
    def is_fresh(self) -> bool:
        return self.served.stale_because is None


def judge(entry: Entry, now_s: float, asked: CacheControl) -> Found[Any] | None:
    """What may be done with a kept answer; None where it may not be served at all.

    Args:
        entry: the kept answer.
        now_s: the present moment on its clock.
        asked: what the caller wants.
    """
    kept_s = now_s - entry.kept_at_s
    age_s = max(0.0, now_s - entry.read_at_s)
    staleness_s = kept_s - entry.windows.fresh_s
    if not asked.allows(age_s=age_s, staleness_s=staleness_s, kept_s=kept_s):
        return None
    if staleness_s < 0 or asked.no_cache:
        return Found(Served(entry.value, age_s, None, entry.fresh_until_s, entry.read_at_s))
    if kept_s >= entry.windows.usable_s:
        return None
    if asked.only_if_cached:
        return Found(Served(entry.value, age_s, ONLY_IF_CACHED))
    if now_s < entry.retry_at_s:
        return Found(Served(entry.value, age_s, entry.failure))
    is_renewed_behind = staleness_s < entry.windows.stale_s
    return Found(Served(entry.value, age_s, RENEWING), at_once=is_renewed_behind, to_renew=is_renewed_behind)
