"""From which calls it is learned how long calls take."""

import asyncio
from contextlib import suppress

import pytest

from gateway.errors import OverloadedError, UpstreamError
from gateway.partner_center.turns import Turns
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

FAR_S = 1_000.0


async def end(turns, clock, status, *, duration_s):
    """A call that upstream answers with a status that is no success."""
    with suppress(UpstreamError):
        async with turns.turn("a", "invoice", FAR_S):
            clock.now_s += duration_s
            raise UpstreamError("told", upstream_status=status)


@pytest.mark.parametrize(
    ("status", "is_served"), [(404, True), (403, False), (500, False)], ids=["not-there", "refused", "failed"]
)
async def test_answers_that_an_invoice_is_not_there_are_as_good_as_any_and_other_failures_make_nothing_look_fast(
    status, is_served
):
    """A caller with unknown ids is answered quickly, and must not be shed for one such answer that was slow."""
    clock = FakeClock(0.0)
    turns = Turns(1, clock)
    await end(turns, clock, status, duration_s=9.0)
    for _ in range(20):
        await end(turns, clock, status, duration_s=0.01)

    async def wait_for_a_turn():
        async with turns.turn("a", "invoice", clock.now_s + 5.0):
            pass

    async with turns.turn("a", "invoice", FAR_S):
        waiting = asyncio.create_task(wait_for_a_turn())
        await asyncio.sleep(0)
        # Nobody is shed in the first moments of a wait.
        clock.now_s += 1.0
        turns.review()
        await asyncio.sleep(0)
    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)

    assert isinstance(outcome, OverloadedError) is not is_served
