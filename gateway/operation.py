"""What one GraphQL operation carries down to upstream: who asks, until when, and how many calls it may make."""

import dataclasses
import time

import msgspec

from gateway.call_log import CallLog
from gateway.caller import Caller
from gateway.errors import UpstreamBudgetExceededError
from gateway.freshness import ANY_AGE, CacheControl


class Deadline(msgspec.Struct, frozen=True):
    """The moment by which an operation is answered, whatever is there.

    Attributes:
        at_s: that moment on the clock of `time.monotonic`, in seconds.
        length_s: seconds that it was set to be away.
    """

    at_s: float
    length_s: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds, seconds)

    @property
    def remaining_s(self) -> float:
        """Seconds that are left, never below zero."""
        return max(0.0, self.at_s - time.monotonic())

    def resumed(self, remaining_s: float) -> "Deadline":
        """The same deadline after a pause, before which so many seconds were left."""
        return Deadline(time.monotonic() + remaining_s, self.length_s)


@dataclasses.dataclass(slots=True)
class Budget:
    """How many upstream calls one operation may cause. A call that it merely joins costs nothing.

    Attributes:
        limit: calls it may make (`GATEWAY_MAX_UPSTREAM_CALLS`).
        spent: calls it has made.
    """

    limit: int
    spent: int = 0
    _behind: "Budget | None" = dataclasses.field(default=None, repr=False)

    @property
    def remaining(self) -> int:
        return self.limit - self.spent

    def behind(self) -> "Budget":
        """As much again, for all together that an operation has renewed behind it."""
        self._behind = self._behind or Budget(self.limit)
        return self._behind

    def foresee(self, calls: int) -> None:
        """Refuse work that is known to need more calls than are left, before the first of them.

        Raises:
            UpstreamBudgetExceededError: with the number the whole operation would have made.
        """
        if calls > self.remaining:
            raise UpstreamBudgetExceededError(self.spent + calls, self.limit)

    def spend(self) -> None:
        """Pay for one call.

        Raises:
            UpstreamBudgetExceededError: the operation has made all it may.
        """
        self.foresee(1)
        self.spent += 1


class Operation(msgspec.Struct, frozen=True):
    """One GraphQL operation on its way.

    Attributes:
        caller: whose operation it is.
        correlation_id: a GUID; the same on every upstream call it makes (header `MS-CorrelationId`).
        deadline: when it is answered at the latest.
        budget: the upstream calls it may still make.
        cache_control: how old what it is answered with may be.
        call_log: where its upstream calls are noted; None where nobody asks.
    """

    caller: Caller
    correlation_id: str
    deadline: Deadline
    budget: Budget
    cache_control: CacheControl = ANY_AGE
    call_log: CallLog | None = None

    def behind(self) -> "Operation":
        """An operation like this one that nobody waits for, with its whole time, and a budget of its own."""
        return msgspec.structs.replace(
            self, deadline=Deadline.after(self.deadline.length_s), budget=self.budget.behind(), call_log=None
        )
