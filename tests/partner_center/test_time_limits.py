"""Many time limits on one timer: each ends in its time, whichever began first."""

import asyncio

import pytest

from gateway.partner_center.time_limit import TimeLimit, TimeLimits

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def is_ended(limits, limit_s, work_s=30.0):
    """Whether work is ended by its limit, which may not be early."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    try:
        with TimeLimit(limit_s, limits):
            await asyncio.sleep(work_s)
    except TimeoutError:
        assert loop.time() - begun_s >= limit_s - 0.005
        return True
    return False


async def test_each_ends_in_its_time_whichever_began_first():
    limits, ended_s = TimeLimits(), []

    async def end(length_s):
        assert await is_ended(limits, length_s)
        ended_s.append(length_s)

    first = asyncio.create_task(end(30))
    await asyncio.sleep(0)
    await asyncio.gather(*(end(length_s) for length_s in (0.05, 0.4, 0.2, 0.05)))
    first.cancel()
    await asyncio.wait((first,))

    assert ended_s == [0.05, 0.05, 0.2, 0.4]
    assert first.cancelled()


async def test_one_that_ended_by_itself_leaves_the_others_their_time():
    limits = TimeLimits()
    early = asyncio.create_task(is_ended(limits, 0.1, work_s=0.0))
    late = asyncio.create_task(is_ended(limits, 0.2))

    assert [await early, await late] == [False, True]


async def test_one_that_begins_after_all_others_ended_is_as_good():
    limits = TimeLimits()
    for _ in range(3):
        assert not await is_ended(limits, 0.02, work_s=0.0)
        await asyncio.sleep(0.03)

    assert await is_ended(limits, 0.05)
