"""Holders that die, and stores that fail while somebody waits."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from gateway.cache.lease import Leases

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

KEY = "partner-center-gateway:a"
LEASE = f"{KEY}:lease"

HOLDER = """
import asyncio, sys
from gateway.cache.lease import Leases
from gateway.cache.redis_store import RedisStore

async def hold():
    held = await Leases(RedisStore(sys.argv[1])).hold_or_wait(sys.argv[2])
    print("held" if held else "waited", flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture
def holder(redis_server):
    """A process that holds the lease, and renews it."""
    address = f"redis://127.0.0.1:{redis_server.port}"
    with subprocess.Popen([sys.executable, "-c", HOLDER, address, KEY], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.fixture
def leases(open_store):
    return Leases(open_store())


async def test_a_killed_holder_is_waited_for_a_second_at_most(holder, open_store, direct, patient):
    leases = Leases(open_store())
    assert await leases.hold_or_wait(KEY) is None
    assert direct.exists(LEASE)  # For longer than a lease that is not renewed.
    holder.kill()
    started_s = time.monotonic()
    while (held := await leases.hold_or_wait(KEY)) is None:
        pass

    assert time.monotonic() - started_s < 1.5
    await held.release()


async def test_a_holder_that_stands_still_loses_its_lease_and_spoils_nothing_after(holder, open_store, direct, patient):
    leases = Leases(open_store())
    os.kill(holder.pid, signal.SIGSTOP)
    started_s = time.monotonic()
    while (held := await leases.hold_or_wait(KEY)) is None:
        await asyncio.sleep(0)
    assert time.monotonic() - started_s < 1.5
    token = direct.get(LEASE)
    os.kill(holder.pid, signal.SIGCONT)
    await asyncio.sleep(0.5)  # Its renewal is long due, and comes at once.

    assert direct.get(LEASE) == token
    await held.release()
    assert direct.exists(LEASE) == 0


async def test_a_frozen_store_lets_the_holder_and_those_who_wait_go_on(holder, leases, redis_server):
    waiting = asyncio.create_task(leases.hold_or_wait(KEY))
    await asyncio.sleep(0.3)
    redis_server.freeze()
    started_s = time.monotonic()

    assert await waiting is None
    held = await leases.hold_or_wait(KEY)
    assert held is not None
    await held.release()
    assert time.monotonic() - started_s < 1


async def test_a_dead_store_lets_those_who_wait_go_on(holder, leases, redis_server):
    waiting = asyncio.create_task(leases.hold_or_wait(KEY))
    await asyncio.sleep(0.3)
    redis_server.stop()
    started_s = time.monotonic()

    assert await waiting is None
    assert await leases.hold_or_wait(KEY) is not None
    assert time.monotonic() - started_s < 1


async def test_a_holder_whose_store_freezes_is_released_within_a_second(leases, redis_server, direct):
    held = await leases.hold_or_wait(KEY)
    redis_server.freeze()
    await asyncio.sleep(0.4)
    started_s = time.monotonic()
    await held.release()
    assert time.monotonic() - started_s < 1

    redis_server.thaw()
    until_s = time.monotonic() + 5
    while direct.exists(LEASE):
        assert time.monotonic() < until_s
        await asyncio.sleep(0.05)


async def test_a_full_store_makes_everyone_a_holder(open_store, direct, patient):
    direct.config_set("maxmemory", 1)
    held = [await Leases(open_store()).hold_or_wait(KEY) for _ in range(3)]

    assert None not in held
    for each in held:
        await each.release()
