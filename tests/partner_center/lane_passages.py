"""Tries on their way through a lane, as calls make them."""

import asyncio
from contextlib import asynccontextmanager, closing

from tests.machine.turned_loop import TurnedLoop

FAR_S = 2_000_000.0


@asynccontextmanager
async def passing(lane, deadline_s=FAR_S):
    passage = await lane.enter(deadline_s)
    try:
        yield passage
    finally:
        lane.leave(passage)


async def refused_after_s(lane, error, deadline_s=FAR_S):
    """How long a try waits for its refusal, to the millisecond of the event loop's time."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    try:
        async with passing(lane, deadline_s):
            raise AssertionError("it was let through")
    except error:
        return round(loop.time() - begun_s, 3)


def in_turned_time(waiting):
    """What it comes to in a minute that takes no time, and in which every timer ends at its own moment."""
    with closing(TurnedLoop()) as loop:
        task = loop.create_task(waiting)
        loop.settle()
        loop.advance(60)
        return task.result()


async def tell(lane, status, retry_after_s=None):
    """A try that is sent, and answered with a status."""
    async with passing(lane) as passage:
        lane.sends(passage)
        lane.told(passage, status, retry_after_s)
