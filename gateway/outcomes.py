"""What several awaited things came to, each in its place."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def outcomes_of(futures: Sequence[asyncio.Future[T]]) -> list[T | BaseException]:
    """The outcomes of futures, an error in the place of its own; cancelled, it cancels them all.

    As `asyncio.gather` of futures, for those of a loader: they are done together, so that to wait for one is to wait
    for all, and nothing need be called back for each.
    """
    try:
        for future in futures:
            if not future.done():
                await _end_of(future)
    except asyncio.CancelledError:
        for future in futures:
            future.cancel()
        raise
    outcomes: list[T | BaseException] = []
    for future in futures:
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        outcomes.append(future.result() if error is None else error)
    return outcomes


def _end_of(future: asyncio.Future[Any]) -> asyncio.Future[None]:
    """Done when the other is, whatever it comes to; who waits for it and leaves does not end the other."""
    ended: asyncio.Future[None] = future.get_loop().create_future()

    def end(_future: asyncio.Future[Any]) -> None:
        if not ended.done():
            ended.set_result(None)

    future.add_done_callback(end)
    return ended
