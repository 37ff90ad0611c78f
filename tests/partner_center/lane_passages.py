"""Tries on their way through a lane, as calls make them."""

from contextlib import asynccontextmanager

FAR_S = 2_000_000.0


@asynccontextmanager
async def passing(lane, deadline_s=FAR_S):
    passage = await lane.enter(deadline_s)
    try:
        yield passage
    finally:
        lane.leave(passage)


async def tell(lane, status, retry_after_s=None):
    """A try that is sent, and answered with a status."""
    async with passing(lane) as passage:
        lane.sends(passage)
        lane.told(passage, status, retry_after_s)
