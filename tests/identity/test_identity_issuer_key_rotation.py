"""An issuer changes its keys: a new one is known at once, an old one ends, and unknown ids ask for little."""

import asyncio

import pytest

from tests.identity.fake_issuer import METADATA, USER, V2, Door, claims, rsa_key, token
from tests.identity.issuer_key_checks import (
    BOTH,
    NEW,
    NEW_TOKEN,
    NOT_SIGNED,
    OLD,
    OLD_TOKEN,
    assert_believed,
    assert_refused,
    assert_unavailable,
    turns,
)

pytestmark = pytest.mark.anyio


async def test_a_withdrawn_key_ends_with_the_renewal():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 299.9
    await assert_believed(door)
    door.ticks.now_s += 0.1
    await assert_refused(door)
    await assert_believed(door, NEW_TOKEN)


async def test_a_withdrawn_key_ends_with_the_first_token_of_the_new_one():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    await assert_believed(door, NEW_TOKEN)
    await assert_refused(door)

    # The old id is unknown now, but was looked for within 30 seconds.
    assert door.issuer.requests == BOTH * 2


async def test_a_new_key_is_known_at_once_in_the_middle_of_a_run():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(OLD, NEW)
    found = await asyncio.gather(*(door.verify(text) for text in [OLD_TOKEN, NEW_TOKEN] * 100))

    assert {claim.object_id for claim in found} == {USER}
    assert door.issuer.requests == BOTH * 2


async def test_a_new_key_is_known_although_a_renewal_began_before_it_was_published():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 300
    door.issuer.gate.clear()
    first = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    second = asyncio.create_task(door.verify(NEW_TOKEN))
    await turns()
    published_late = []

    def publish_once_the_renewal_has_its_answer():
        if door.issuer.requests == BOTH * 2:
            door.issuer.publish(OLD, NEW)
            published_late.append(True)

    door.issuer.on_answered = publish_once_the_renewal_has_its_answer
    door.issuer.gate.set()
    found = await asyncio.gather(first, second)

    assert [claim.object_id for claim in found] == [USER, USER]
    assert door.issuer.requests == BOTH * 3
    assert published_late == [True]


async def test_a_new_address_of_the_keys_is_noticed():
    door = Door()
    await assert_believed(door)
    door.issuer.metadata = {"issuer": V2, "jwks_uri": "https://keys.example/new"}
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    await assert_believed(door, NEW_TOKEN)

    assert door.issuer.requests == [*BOTH, METADATA, "https://keys.example/new"]


# Unknown ids.


async def test_a_flood_of_unknown_ids_makes_one_reading_in_30_seconds():
    door = Door()
    await assert_believed(door)
    flood = [token(claims(), rsa_key("attacker"), kid=f"unknown-{number}") for number in range(100)]
    found = await asyncio.gather(*map(door.verify, flood), return_exceptions=True)
    for text in flood[:19]:
        door.ticks.now_s += 1.5
        await assert_refused(door, text)

    assert [str(error) for error in found] == [NOT_SIGNED] * 100
    assert door.issuer.requests == BOTH * 2

    door.ticks.now_s += 1.5
    await asyncio.gather(*map(door.verify, flood), return_exceptions=True)

    assert door.issuer.requests == BOTH * 3


async def test_a_cold_flood_of_unknown_ids_makes_one_reading():
    door = Door()
    flood = [token(claims(), rsa_key("attacker"), kid=f"unknown-{number}") for number in range(100)]
    found = await asyncio.gather(*map(door.verify, flood), return_exceptions=True)
    await assert_refused(door, flood[0])

    assert [str(error) for error in found] == [NOT_SIGNED] * 100
    assert door.issuer.requests == BOTH


async def test_a_flood_that_hangs_up_makes_one_reading():
    door = Door()
    await assert_believed(door)
    door.issuer.gate.clear()
    for number in range(20):
        waiting = asyncio.create_task(door.verify(token(claims(), kid=f"unknown-{number}")))
        await turns()
        waiting.cancel()
        await turns()
    door.issuer.gate.set()
    await turns()
    await assert_refused(door, token(claims(), kid="unknown"))

    assert door.issuer.requests == BOTH * 2


async def test_who_brings_a_known_id_does_not_wait_for_a_look_at_unknown_ones():
    door = Door()
    await assert_believed(door)
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(NEW_TOKEN))
    await turns()
    await assert_believed(door)

    assert not waiting.done()
    door.issuer.gate.set()
    await asyncio.wait((waiting,))
    assert str(waiting.exception()) == NOT_SIGNED


async def test_a_look_that_fails_counts_too():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    await assert_unavailable(door, NEW_TOKEN)
    door.ticks.now_s += 29.9
    await assert_unavailable(door, NEW_TOKEN)
    await assert_believed(door)

    assert door.issuer.requests == [*BOTH, METADATA]

    door.issuer.is_down = False
    door.issuer.publish(OLD, NEW)
    door.ticks.now_s += 0.1
    await assert_believed(door, NEW_TOKEN)


async def test_a_failed_look_lets_nobody_pass_when_the_keys_are_due():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    await assert_unavailable(door, NEW_TOKEN)
    door.issuer.is_down = False
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    found = await asyncio.gather(door.verify(OLD_TOKEN), door.verify(OLD_TOKEN), return_exceptions=True)

    assert [str(error) for error in found] == [NOT_SIGNED] * 2


async def test_an_unknown_id_is_not_looked_for_where_the_renewal_just_failed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 300
    await assert_unavailable(door, NEW_TOKEN)

    assert door.issuer.requests == [*BOTH, METADATA]
