"""When an issuer's keys are read: once for all who wait, and again when they are due."""

import asyncio

import pytest

from gateway.errors import UpstreamUnavailableError
from tests.identity.fake_issuer import METADATA, USER, Door
from tests.identity.issuer_key_checks import BOTH, NEW, NOT_SIGNED, OLD_TOKEN, assert_believed, turns

pytestmark = pytest.mark.anyio


async def test_nothing_is_read_before_the_first_token():
    door = Door()
    await turns()

    assert door.issuer.requests == []


async def test_many_cold_verifications_cost_one_reading():
    door = Door()
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(200)))

    assert {claim.object_id for claim in found} == {USER}
    assert door.issuer.requests == BOTH


async def test_fresh_keys_are_not_read_again():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 299.9
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_keys_are_read_again_when_they_are_due():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 300
    await assert_believed(door)
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


async def test_many_who_find_them_due_cost_one_reading_and_wait_for_it():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(200)), return_exceptions=True)

    assert [str(error) for error in found] == [NOT_SIGNED] * 200
    # The id that the renewal showed to be unknown is not looked for again.
    assert door.issuer.requests == BOTH * 2


async def test_keys_age_from_the_beginning_of_their_reading():
    door = Door()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    door.ticks.now_s += 4
    door.issuer.gate.set()
    await waiting
    door.ticks.now_s += 296
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


async def test_a_reading_outlives_those_who_wait_for_it():
    door = Door()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    waiting.cancel()
    await turns()
    door.issuer.gate.set()
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_closing_ends_the_reading_that_is_running():
    door = Door()
    await door.keys.aclose()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    await door.keys.aclose()

    assert door.issuer.requests == [METADATA]
    with pytest.raises(UpstreamUnavailableError):
        await waiting
