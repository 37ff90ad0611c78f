"""Callers who leave before their answer is there."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")


async def until_caller_leaves(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """The outcome of work; None, and the work cancelled, where the caller closes the connection first.

    Work runs in the task of its request, as it does under `asyncio.timeout`, and only the connection is watched by
    another: a request has one task more, not two.
    """
    running = asyncio.current_task()
    if running is None:
        raise RuntimeError("Only a task can be told that its caller has left.")
    cancelled_before = running.cancelling()
    has_left = False

    def leave(_closed: object) -> None:
        nonlocal has_left
        has_left = True
        running.cancel()

    leaving = asyncio.create_task(_closed(receive))
    leaving.add_done_callback(leave)
    try:
        return await work
    except asyncio.CancelledError:
        # Somebody else may have cancelled the task as well.
        if has_left and running.cancelling() == cancelled_before + 1:
            return None
        raise
    finally:
        leaving.remove_done_callback(leave)
        leaving.cancel()
        if has_left:
            running.uncancel()


async def _closed(receive: Receive) -> None:
    """Returns when the connection is closed. Before that nothing comes but the empty body of a GET."""
    while (await receive())["type"] != "http.disconnect":
        pass
