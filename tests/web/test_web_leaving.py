"""Work that ends with its caller's leaving, and with nothing else's name on it."""

import asyncio

import pytest

from gateway.web.leaving import until_caller_leaves

pytestmark = pytest.mark.anyio


class Caller:
    """One who can leave."""

    def __init__(self):
        self.left = asyncio.Event()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}


async def hang(ended, *, takes_s=0.0):
    try:
        await asyncio.sleep(30)
    finally:
        await asyncio.sleep(takes_s)
        ended.append(True)


async def test_work_that_is_done_first_is_the_outcome():
    assert await until_caller_leaves(Caller().receive, asyncio.sleep(0, "done")) == "done"


async def test_without_the_caller_there_is_no_outcome_and_the_task_goes_on():
    caller, ended = Caller(), []
    asyncio.get_running_loop().call_later(0.01, caller.left.set)
    outcome = await until_caller_leaves(caller.receive, hang(ended))
    await asyncio.sleep(0.01)

    assert (outcome, ended, asyncio.current_task().cancelling()) == (None, [True], 0)


async def test_an_error_of_the_work_is_the_outcome_and_the_task_goes_on():
    async def fail():
        await asyncio.sleep(0)
        raise ValueError("of the work")

    caller = Caller()
    with pytest.raises(ValueError, match="of the work"):
        await until_caller_leaves(caller.receive, fail())
    caller.left.set()
    await asyncio.sleep(0.01)

    assert asyncio.current_task().cancelling() == 0


@pytest.mark.parametrize("leaves_too", [False, True])
async def test_whoever_cancels_the_request_cancels_it(leaves_too):
    caller, ended = Caller(), []
    asking = asyncio.create_task(until_caller_leaves(caller.receive, hang(ended, takes_s=0.02)))
    await asyncio.sleep(0.01)
    if leaves_too:
        caller.left.set()
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert asking.cancelled()
