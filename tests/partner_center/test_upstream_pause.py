"""A lane that upstream throttles: for how long it is left alone, and what it takes to ask again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.errors import GatewayError, RateLimitedError, UpstreamUnavailableError
from gateway.partner_center.lane import Lane
from gateway.partner_center.lanes import Lanes
from gateway.partner_center.pause import Pause
from tests.fakes import FakeClock
from tests.partner_center.lane_passages import in_turned_time, passing, refused_after_s, tell

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def lane(clock):
    return Lane("tenant-1", clock)


async def refused(lane) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        await tell(lane, 200)
    return raised.value


@pytest.mark.parametrize(
    ("named_s", "waits_s"), [(30, 30), (7.2, 8), (0, 1), (None, 5)], ids=["30", "a-fraction", "none-at-all", "unnamed"]
)
async def test_a_throttled_lane_tells_the_whole_seconds_that_are_left(lane, clock, named_s, waits_s):
    await tell(lane, 429, named_s)
    error = await refused(lane)

    assert isinstance(error, RateLimitedError)
    assert error.extensions == {"code": "RATE_LIMITED", "retryAfter": waits_s}
    with pytest.raises(RateLimitedError):
        lane.check()
    clock.now_s += (named_s or waits_s) - 0.1
    assert (await refused(lane)).retry_after_s == 1


async def test_after_the_pause_one_goes_and_the_others_go_once_it_was_answered(lane, clock):
    await tell(lane, 429, 30)
    clock.now_s += 30
    sent = []

    async def call(number):
        async with passing(lane) as passage:
            lane.sends(passage)
            sent.append(number)
            await gate.wait()
            lane.told(passage, 200, None)

    gate = asyncio.Event()
    calls = [asyncio.create_task(call(number)) for number in range(5)]
    await asyncio.sleep(0.02)
    before = list(sent)
    gate.set()
    await asyncio.gather(*calls)

    assert before == [0]
    assert sorted(sent) == [0, 1, 2, 3, 4]
    assert not lane.is_shut


def test_who_waits_for_a_probe_leaves_at_the_deadline_and_after_a_second(lane, clock):
    async def wait_twice():
        await tell(lane, 429, 30)
        clock.now_s += 30
        async with passing(lane):
            return [
                await refused_after_s(lane, RateLimitedError, clock.now_s + 0.05),
                await refused_after_s(lane, RateLimitedError),
            ]

    assert in_turned_time(wait_twice()) == [0.05, 1.0]


async def test_a_probe_that_leaves_without_an_outcome_is_followed_by_another(lane, clock):
    await tell(lane, 429, 30)
    clock.now_s += 30
    async with passing(lane) as first:
        second = asyncio.create_task(tell(lane, 200))
        await asyncio.sleep(0.01)
        assert not second.done()
    await second

    assert first.is_probe
    assert not lane.is_shut


async def test_a_probe_that_is_throttled_again_pauses_longer_each_time_on_top_of_what_upstream_names(lane, clock):
    pauses_s = []
    for _ in range(5):
        await tell(lane, 429, 10)
        pauses_s.append((await refused(lane)).retry_after_s)
        clock.now_s += pauses_s[-1]
    await tell(lane, 200)
    await tell(lane, 429, 10)
    pauses_s.append((await refused(lane)).retry_after_s)

    assert pauses_s == [10, 15, 20, 30, 50, 10]


async def test_back_off_ends_at_five_minutes_and_what_upstream_names_does_not(clock):
    pause = Pause()
    pauses_s = [pause.wished(10, clock.now_s + at, by_probe=True) for at in range(0, 40_000, 1000)]

    assert max(pauses_s) == pauses_s[-1] == 300
    assert pause.wished(4000, 1e9, by_probe=True) == 4000


async def test_calls_that_were_under_way_together_are_throttled_once(lane, clock):
    async with passing(lane) as first, passing(lane) as second, passing(lane) as third:
        for passage in (first, second, third):
            lane.sends(passage)
        lane.told(first, 429, 30)
        clock.now_s += 1
        lane.told(second, 429, 10)
        lane.told(third, 429, 40)

    assert (await refused(lane)).retry_after_s == 40


async def test_a_success_that_was_sent_before_the_pause_does_not_end_it(lane, clock):
    async with passing(lane) as earlier, passing(lane) as throttled:
        lane.sends(earlier)
        lane.sends(throttled)
        lane.told(throttled, 429, 30)
        lane.told(earlier, 200, None)

    assert isinstance(await refused(lane), RateLimitedError)


async def test_a_call_that_was_let_through_before_the_pause_is_not_sent(lane, clock):
    async with passing(lane) as waiting:
        await tell(lane, 429, 30)
        with pytest.raises(RateLimitedError):
            lane.sends(waiting)


async def test_a_503_with_a_time_pauses_too_and_is_not_told_as_throttling(lane, clock):
    await tell(lane, 503, 20)

    assert type(await refused(lane)) is UpstreamUnavailableError
    clock.now_s += 20
    await tell(lane, 200)
    assert not lane.is_shut


async def test_a_503_without_a_time_pauses_nothing(lane):
    await tell(lane, 503)

    assert not lane.is_shut


async def test_those_who_wait_in_a_lane_are_dismissed_when_it_shuts(clock):
    dismissed = []
    lanes = Lanes(lambda name, error: dismissed.append((name, error().extensions)), clock)
    await tell(lanes.of("tenant-1"), 429, 30)
    await tell(lanes.of("tenant-2"), 200)

    assert dismissed == [("tenant-1", {"code": "RATE_LIMITED", "retryAfter": 30})]
    assert not lanes.of("tenant-2").is_shut


async def test_lanes_are_bounded_and_those_that_are_shut_or_in_use_go_last(clock):
    lanes = Lanes(lambda _name, _error: None, clock, max_lanes=3)
    await tell(lanes.of("throttled"), 429, 30)
    async with passing(lanes.of("in use")):
        for number in range(10):
            await tell(lanes.of(f"idle {number}"), 200)
        kept = (lanes.of("throttled").is_shut, lanes.of("in use").is_idle, len(lanes))
        for name in ("a", "b", "c"):
            await tell(lanes.of(name), 429, 30)

    assert kept == (True, False, 3)
    assert len(lanes) == 3


async def test_each_change_is_logged_once_and_a_name_shortly(clock):
    lane = Lane("token-" + "f" * 64, clock)
    with capture_logs() as logged:
        await tell(lane, 429, 30)
        await refused(lane)
        clock.now_s += 30
        await tell(lane, 200)
        await tell(lane, 200)

    told = {"lane": "token-" + "f" * 30}
    assert logged == [
        told | {"event": "upstream asks to wait", "pause_s": 30, "throttled": True, "log_level": "warning"},
        told | {"event": "upstream takes calls again", "log_level": "info"},
    ]
