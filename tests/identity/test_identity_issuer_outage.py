"""An issuer that cannot be reached: how long its last keys are believed, and who waits for it."""

import asyncio

import pytest

from gateway.errors import UpstreamUnavailableError
from gateway.identity import issuer_keys
from tests.identity.fake_issuer import METADATA, USER, Door
from tests.identity.issuer_key_checks import (
    BOTH,
    NEW,
    NEW_TOKEN,
    OLD_TOKEN,
    UNAVAILABLE,
    assert_believed,
    assert_refused,
    assert_unavailable,
    turns,
)

pytestmark = pytest.mark.anyio


async def test_an_issuer_that_was_never_reached_is_not_the_callers_fault():
    door = Door()
    door.issuer.is_down = True
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(20)), return_exceptions=True)

    assert [(type(error), str(error)) for error in found] == [(UpstreamUnavailableError, UNAVAILABLE)] * 20
    assert door.issuer.requests == [METADATA]


async def test_an_issuer_that_fails_is_tried_again_after_5_seconds():
    door = Door()
    door.issuer.is_down = True
    await assert_unavailable(door)
    door.ticks.now_s += 4.9
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]

    door.issuer.is_down = False
    door.ticks.now_s += 0.1
    await assert_believed(door)


async def test_the_last_keys_are_believed_through_59_minutes_of_outage():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    for _ in range(59):
        door.ticks.now_s += 60
        await assert_believed(door)

    # Fresh for 4 minutes, and one try a minute from the fifth on.
    assert door.issuer.requests == BOTH + [METADATA] * 55


async def test_after_61_minutes_of_outage_nothing_is_believed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 3600
    await assert_believed(door)
    door.ticks.now_s += 60
    await assert_unavailable(door)
    await assert_unavailable(door, NEW_TOKEN)


async def test_after_an_hour_without_a_token_the_keys_are_read_before_any_is_believed():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 7200
    await assert_refused(door)
    await assert_believed(door, NEW_TOKEN)


async def test_the_end_of_an_outage_is_noticed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 1800
    await assert_believed(door)
    door.issuer.is_down = False
    door.issuer.publish(NEW)
    door.ticks.now_s += 5
    await assert_refused(door)


async def test_in_an_outage_only_the_one_who_tries_again_waits():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 300
    await assert_believed(door)
    door.issuer.gate.clear()
    door.ticks.now_s += 5
    first = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    await assert_believed(door)

    assert not first.done()
    door.issuer.gate.set()
    assert (await first).object_id == USER
    assert door.issuer.requests == [*BOTH, METADATA, METADATA]


async def test_when_nothing_is_believed_any_more_everybody_waits_for_the_next_try():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 3601
    await assert_unavailable(door)
    door.issuer.is_down = False
    door.issuer.gate.clear()
    door.ticks.now_s += 5
    waiting = [asyncio.create_task(door.verify(OLD_TOKEN)) for _ in range(3)]
    await turns()
    door.issuer.gate.set()

    assert [found.object_id for found in await asyncio.gather(*waiting)] == [USER] * 3


async def test_keys_that_are_to_be_fresh_for_longer_than_an_hour_are():
    door = Door(fresh_s=7200)
    await assert_believed(door)
    door.ticks.now_s += 7199
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_an_issuer_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(issuer_keys, "_READ_TIMEOUT_S", 0.01)
    door = Door()
    door.issuer.gate.clear()
    await assert_unavailable(door)
    # The reading may end a turn later than those who waited as long as it.
    await asyncio.sleep(0.01)

    assert door.issuer.requests == [METADATA]
    door.ticks.now_s += 5
    await assert_unavailable(door)
    assert door.issuer.requests == [METADATA] * 2
