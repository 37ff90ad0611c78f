"""Callers who leave before their answer is there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive, Scope

T = TypeVar("T")

LEAVING_EXTENSION = "gateway.leaving"

Watch = Callable[[Callable[[], None] | None], None]


def watch_of(scope: Scope) -> Watch | None:
    """What our own server has for whoever wants to know that a caller leaves; others have the request's messages."""
    extension = scope.get("extensions", {}).get(LEAVING_EXTENSION)
    return None if extension is None else extension["watch"]


async def until_caller_leaves(receive: Receive, work: Coroutine[Any, Any, T], watch: Watch | None = None) -> T | None:
    """The outcome of work; None, and the work cancelled, where the caller closes the connection first.

    Work runs in the task of its request, as it does under `asyncio.timeout`.

    Args:
        receive: of the request; without `watch` another task waits there for the connection's end.
        work: for the caller alone.
        watch: has a function called when the connection ends, and None called no more.
    """
    running = asyncio.current_task()
    if running is None:
        raise RuntimeError("Only a task can be told that its caller has left.")
    cancelled_before = running.cancelling()
    has_left = False

    def leave(_closed: object = None) -> None:
        nonlocal has_left
        has_left = True
        running.cancel()

    leaving = asyncio.create_task(_closed(receive)) if watch is None else None
    if leaving is not None:
        leaving.add_done_callback(leave)
    elif watch is not None:
        watch(leave)
    try:
        return await work
    except asyncio.CancelledError:
        # Somebody else may have cancelled the task as well.
        if has_left and running.cancelling() == cancelled_before + 1:
            return None
        raise
    finally:
        if leaving is not None:
            leaving.remove_done_callback(leave)
            leaving.cancel()
        elif watch is not None:
            watch(None)
        if has_left:
            running.uncancel()


async def _closed(receive: Receive) -> None:
    """Returns when the connection is closed. Before that nothing comes but the empty body of a GET."""
    while (await receive())["type"] != "http.disconnect":
        pass
