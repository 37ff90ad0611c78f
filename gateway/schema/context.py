"""What a resolver sees of its operation: the loaders, and where it says how old an answer is."""

import dataclasses
import math
from typing import Any, TypeVar

import strawberry

from gateway.freshness import Served
from gateway.loaders import Loaders
from gateway.operation import Deadline

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """One operation's.

    Attributes:
        loaders: load what is asked for.
        deadline: of the operation.
        stale: what was served past its fresh window, as `extensions.freshness` tells it: `path`, `age` in whole
            seconds, rounded up, and `reason`.
    """

    loaders: Loaders
    deadline: Deadline
    stale: list[dict[str, Any]] = dataclasses.field(default_factory=list)


Info = strawberry.Info[Context, None]


def value_of(served: Served[T], info: Info, *index: int) -> T:
    """The value of a field's answer, or of one item of it; that it is stale is noted at its path."""
    if served.stale_because is not None:
        path = [*info.path.as_list(), *index]
        info.context.stale.append({"path": path, "age": math.ceil(served.age_s), "reason": served.stale_because})
    return served.value
