"""Who is cancelled on the way into a lane does not get in, and leaves nothing behind."""

import asyncio

import pytest

from gateway.partner_center.lane import Lane
from tests.fakes import FakeClock
from tests.partner_center.lane_passages import FAR_S, tell

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("turns", range(4))
async def test_who_is_cancelled_as_the_news_come_does_not_enter(turns):
    clock = FakeClock()
    lane = Lane("tenant-1", clock)
    await tell(lane, 429, 30)
    clock.now_s += 30
    probe = await lane.enter(FAR_S)
    waiting = asyncio.create_task(lane.enter(FAR_S))
    await asyncio.sleep(0.01)
    lane.leave(probe)
    for _ in range(turns):
        await asyncio.sleep(0)
    has_entered = waiting.done()
    waiting.cancel()
    await asyncio.wait((waiting,))

    assert waiting.cancelled() != has_entered
    if has_entered:
        lane.leave(waiting.result())
    clock.now_s += 3600
    assert lane.is_idle
