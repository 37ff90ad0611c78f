"""A lane that upstream fails again and again: who is let through, who is refused, and when it heals."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.errors import RateLimitedError, UpstreamUnavailableError
from gateway.partner_center.lane import Lane
from tests.fakes import FakeClock
from tests.partner_center.lane_passages import in_turned_time, passing, refused_after_s, tell

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def lane(clock):
    return Lane("tenant-1", clock)


async def fail(lane, times=1):
    for _ in range(times):
        async with passing(lane) as passage:
            lane.sends(passage)
            lane.failed(passage)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_ten_failures_in_a_row_open_it(lane, status):
    for _ in range(9):
        await tell(lane, status)
    before = lane.is_shut
    await fail(lane)

    assert not before
    with pytest.raises(UpstreamUnavailableError):
        lane.check()
    with pytest.raises(UpstreamUnavailableError):
        await fail(lane)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 408, 501])
async def test_any_other_answer_shows_that_upstream_is_there(lane, status):
    await fail(lane, 9)
    await tell(lane, status)
    await fail(lane, 9)

    assert not lane.is_shut


async def test_a_call_that_says_nothing_counts_as_nothing(lane):
    await fail(lane, 9)
    async with passing(lane) as passage:
        lane.sends(passage)
    assert not lane.is_shut
    await fail(lane)
    assert lane.is_shut


async def test_while_it_is_open_one_call_in_three_quarters_of_a_second_is_made(lane, clock):
    await fail(lane, 10)
    made_at_s = []
    opened_at_s = clock.now_s
    for _ in range(100):
        clock.now_s += 0.1
        try:
            await fail(lane)
            made_at_s.append(round(clock.now_s - opened_at_s, 1))
        except UpstreamUnavailableError:
            pass

    assert made_at_s == [0.8, 1.6, 2.4, 3.2, 4.0, 4.8, 5.6, 6.4, 7.2, 8.0, 8.8, 9.6]


async def test_a_probes_success_closes_it_at_its_status_line(lane, clock):
    await fail(lane, 10)
    clock.now_s += 0.75
    async with passing(lane) as probe:
        lane.sends(probe)
        lane.told(probe, 200, None)
        assert not lane.is_shut
        await tell(lane, 200)
    assert probe.is_probe


async def test_who_comes_during_a_probe_waits_a_moment_for_its_outcome(lane, clock):
    await fail(lane, 10)
    clock.now_s += 0.75
    async with passing(lane) as probe:
        lane.sends(probe)
        lane.check()
        waiting = asyncio.create_task(tell(lane, 200))
        await asyncio.sleep(0.01)
        lane.told(probe, 200, None)
        await waiting
    assert not lane.is_shut


def test_who_comes_during_a_probe_that_hangs_is_refused_in_a_twentieth_of_a_second(lane, clock):
    async def wait():
        await fail(lane, 10)
        clock.now_s += 0.75
        async with passing(lane) as probe:
            lane.sends(probe)
            return await refused_after_s(lane, UpstreamUnavailableError)

    assert in_turned_time(wait()) == 0.05


async def test_probes_that_hang_do_not_keep_others_from_being_made_and_make_room(lane, clock):
    """The oldest stays, for an upstream that is slow but alive."""
    await fail(lane, 10)
    ended = []

    async def hang(number):
        try:
            async with passing(lane) as probe, asyncio.timeout(None) as probe.time_limit:
                lane.sends(probe)
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append(number)

    probes = []
    for number in range(7):
        clock.now_s += 0.75
        probes.append(asyncio.create_task(hang(number)))
        await asyncio.sleep(0.01)

    assert ended == [1, 2, 3]
    for probe in probes:
        probe.cancel()
    await asyncio.gather(*probes, return_exceptions=True)


async def test_failures_of_calls_sent_before_the_latest_answer_count_as_nothing(lane, clock):
    """Calls that hung while upstream was dead fail when it is long back."""
    passages = [passing(lane) for _ in range(16)]
    hanging = [await passage.__aenter__() for passage in passages]
    for passage in hanging:
        lane.sends(passage)
    clock.now_s += 5
    await tell(lane, 200)
    clock.now_s += 5
    for passage in hanging:
        lane.failed(passage)
    for passage in passages:
        await passage.__aexit__(None, None, None)

    assert not lane.is_shut


async def test_a_call_that_was_let_through_before_it_opened_is_not_sent(lane):
    async with passing(lane) as waiting:
        await fail(lane, 10)
        with pytest.raises(UpstreamUnavailableError):
            lane.sends(waiting)


async def test_a_pause_that_is_over_leaves_a_failing_upstream_to_the_breakers_pace(lane, clock):
    await tell(lane, 429, 30)
    clock.now_s += 30
    await fail(lane, 10)

    with pytest.raises(UpstreamUnavailableError):
        await fail(lane)
    clock.now_s += 0.75
    await fail(lane)
    with pytest.raises(UpstreamUnavailableError):
        await fail(lane)


async def test_throttling_shows_that_upstream_is_there(lane, clock):
    await fail(lane, 10)
    clock.now_s += 0.75
    await tell(lane, 429, 30)

    with pytest.raises(RateLimitedError):
        await fail(lane)
    clock.now_s += 30
    await tell(lane, 200)
    assert not lane.is_shut


async def test_opening_and_closing_are_logged_once(lane, clock):
    with capture_logs() as logged:
        await fail(lane, 10)
        for _ in range(3):
            clock.now_s += 0.75
            await fail(lane)
        clock.now_s += 0.75
        await tell(lane, 200)
        await tell(lane, 200)

    assert logged == [
        {"event": "upstream keeps failing; its calls are stopped", "lane": "tenant-1", "log_level": "warning"},
        {"event": "upstream answers again", "lane": "tenant-1", "log_level": "info"},
    ]
