"""What a resolver sees of its operation: the loaders, and where it says how old an answer is."""

import math
from typing import Any, TypeVar

import msgspec
import strawberry

from gateway.freshness import Served
from gateway.loaders import Loaders
from gateway.operation import Deadline

T = TypeVar("T")


class Context(msgspec.Struct, eq=False):
    """One operation's.

    Attributes:
        loaders: load what is asked for.
        deadline: of the operation.
        stale: what was served past its fresh window, as `extensions.freshness` tells it: `path`, `age` in whole
            seconds, rounded up, and `reason`.
        read_at_s: the moment on the cache's clock when upstream was asked for the oldest answer that was served.
        fresh_until_s: the moment on the cache's clock at which the first of what was served is fresh no more.
    """

    loaders: Loaders
    deadline: Deadline
    stale: list[dict[str, Any]] = msgspec.field(default_factory=list)
    read_at_s: float = math.inf
    fresh_until_s: float = math.inf

    def lasts_until(self, moment_s: float) -> None:
        """Take note that something in the answer is good up to a moment on the cache's clock."""
        self.fresh_until_s = min(self.fresh_until_s, moment_s)

    @property
    def is_of_upstream(self) -> bool:
        """Whether anything was served: upstream has taken the caller's token for it, now or before."""
        return math.isfinite(self.fresh_until_s) or bool(self.stale)

    def forget(self) -> None:
        """Take back all notes: the operation starts anew."""
        self.stale.clear()
        self.read_at_s = self.fresh_until_s = math.inf


Info = strawberry.Info[Context, None]


def value_of(served: Served[T], info: Info, *index: int) -> T:
    """The value of a field's answer, or of one item of it; its age is noted, and at its path that it is stale."""
    context = info.context
    context.read_at_s = min(context.read_at_s, served.read_at_s)
    context.lasts_until(served.fresh_until_s)
    if served.stale_because is not None:
        path = [*info.path.as_list(), *index]
        context.stale.append({"path": path, "age": math.ceil(served.age_s), "reason": served.stale_because})
    return served.value
