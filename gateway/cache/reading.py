"""How one answer is read from upstream, and kept."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from gateway.arriving import Arriving
from gateway.cache.keys import Key
from gateway.errors import ForbiddenError, GatewayError, UnauthenticatedError
from gateway.freshness import Windows
from gateway.operation import Operation

T = TypeVar("T")


def is_always_usable(_value: Any) -> bool:
    return True


def is_refusal(error: GatewayError) -> bool:
    """Whether upstream says by it that the caller has not the right."""
    return isinstance(error, (UnauthenticatedError, ForbiddenError))


class Reading(msgspec.Struct, Generic[T], eq=False):
    """One answer to be had.

    Attributes:
        key: what it is kept under.
        fetch: reads it from upstream on an operation's account.
        windows: how long it may be served, from what it says.
        is_usable: whether a kept answer still serves the purpose.
        is_refusal: whether a failure means that the scope has lost its rights, and with them what is kept for it.
        together: reads several of the kind at once, by their ids; None, given or said, where each is read by itself.
        outlives_deadline: whether the call goes on when those who waited for it have run out of time. Its own time-out
            ends it then.
    """

    key: Key[T]
    fetch: Callable[[Operation], Coroutine[Any, Any, T]]
    windows: Callable[[T], Windows]
    is_usable: Callable[[T], bool] = is_always_usable
    is_refusal: Callable[[GatewayError], bool] = is_refusal
    together: Callable[[Operation, Sequence[str]], Arriving[T] | None] | None = None
    outlives_deadline: bool = False
