"""Holders that die, and stores that fail while somebody waits."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from gateway.cache.lease import Leases

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

KEY = "partner-center-gateway:a"
LEASE = f"{KEY}:lease"

HOLDER = """
import asyncio, sys
from gateway.cache import redis_store
from gateway.cache.lease import Leases
from gateway.cache.redis_store import RedisStore

redis_store._TIMEOUT_S = 10  # A busy machine is no dead Redis.

async def hold():
    held = await Leases(RedisStore(sys.argv[1])).hold_or_wait(sys.argv[2])
    print("held" if held else "waited", flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture
def holder(redis_server):
    """A process that holds a lease of a second, and renews it."""
    address = f"redis://127.0.0.1:{redis_server.port}"
    with subprocess.Popen([sys.executable, "-c", HOLDER, address, KEY], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.fixture
def leases(open_store):
    return Leases(open_store())


def lasts_a_second_at_most(direct):
    """Milliseconds that are left; -1 would be for ever, and -2 is for what has ended."""
    return direct.pttl(LEASE) in {-2, *range(1001)}


async def test_a_killed_holder_is_waited_for_a_second_at_most(holder, open_store, direct, patient):
    leases = Leases(open_store())
    assert await leases.hold_or_wait(KEY) is None
    assert direct.exists(LEASE)  # For longer than a lease that is not renewed.
    holder.kill()
    holder.wait()
    assert lasts_a_second_at_most(direct)
    async with asyncio.timeout(10):
        while (held := await leases.hold_or_wait(KEY)) is None:
            pass

    await held.release()


async def test_a_holder_that_stands_still_loses_its_lease_and_spoils_nothing_after(holder, open_store, direct, patient):
    leases = Leases(open_store())
    os.kill(holder.pid, signal.SIGSTOP)
    assert lasts_a_second_at_most(direct)
    async with asyncio.timeout(10):
        while (held := await leases.hold_or_wait(KEY)) is None:
            await asyncio.sleep(0)
    token = direct.get(LEASE)
    os.kill(holder.pid, signal.SIGCONT)
    await asyncio.sleep(0.5)  # Its renewal is long due, and comes at once.

    assert direct.get(LEASE) == token
    await held.release()
    assert direct.exists(LEASE) == 0


@pytest.mark.usefixtures("holder", "long_leases")
async def test_a_frozen_store_lets_the_holder_and_those_who_wait_go_on(leases, redis_server):
    waiting = asyncio.create_task(leases.hold_or_wait(KEY))
    await asyncio.sleep(0.3)
    redis_server.freeze()

    async with asyncio.timeout(5):
        assert await waiting is None
        held = await leases.hold_or_wait(KEY)
        assert held is not None
        await held.release()


@pytest.mark.usefixtures("holder", "long_leases")
async def test_a_dead_store_lets_those_who_wait_go_on(leases, redis_server):
    waiting = asyncio.create_task(leases.hold_or_wait(KEY))
    await asyncio.sleep(0.3)
    redis_server.stop()

    async with asyncio.timeout(5):
        assert await waiting is None
        assert await leases.hold_or_wait(KEY) is not None


async def test_a_holder_whose_store_freezes_is_released_and_its_lease_ends(leases, redis_server, direct):
    held = await leases.hold_or_wait(KEY)
    redis_server.freeze()
    await asyncio.sleep(0.4)
    async with asyncio.timeout(5):
        await held.release()

    redis_server.thaw()
    async with asyncio.timeout(10):
        while direct.exists(LEASE):
            await asyncio.sleep(0.05)


async def test_a_full_store_makes_everyone_a_holder(open_store, direct, patient):
    direct.config_set("maxmemory", 1)
    held = [await Leases(open_store()).hold_or_wait(KEY) for _ in range(3)]

    assert None not in held
    for each in held:
        await each.release()
