"""Many time limits on one timer: each ends in its time, whichever began first."""

import asyncio
from contextlib import suppress

import pytest

from gateway.partner_center.time_limit import TimeLimit, TimeLimits

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def ended_after_s(limits, limit_s, work_s=5.0):
    """When it ended, by its limit or by itself, in seconds from now."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    with suppress(TimeoutError), TimeLimit(limit_s, limits):
        await asyncio.sleep(work_s)
    return loop.time() - begun_s


async def test_each_ends_in_its_time_whichever_began_first():
    limits = TimeLimits()
    first = asyncio.create_task(ended_after_s(limits, 30, work_s=30))
    await asyncio.sleep(0)
    lengths_s = [0.05, 0.2, 0.1, 0.05]
    ended_s = await asyncio.gather(*(ended_after_s(limits, length_s) for length_s in lengths_s))
    is_first_over = first.done()
    first.cancel()
    await asyncio.wait((first,))

    for length_s, end_s in zip(lengths_s, ended_s, strict=True):
        assert length_s - 0.005 <= end_s < length_s + 1
    assert (is_first_over, first.cancelled()) == (False, True)


async def test_one_that_ended_by_itself_leaves_the_others_their_time():
    limits = TimeLimits()
    early = asyncio.create_task(ended_after_s(limits, 0.1, work_s=0.0))
    late = asyncio.create_task(ended_after_s(limits, 0.2))

    assert await early < 0.1
    assert 0.195 <= await late < 1


async def test_one_that_begins_after_all_others_ended_is_as_good():
    limits = TimeLimits()
    for _ in range(3):
        await ended_after_s(limits, 0.02, work_s=0.0)
        await asyncio.sleep(0.03)

    assert 0.045 <= await ended_after_s(limits, 0.05) < 1
