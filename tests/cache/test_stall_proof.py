"""A time-out ends what does not end, and forgives this process's own standstills."""

import asyncio
import socket
import time

import pytest

from gateway.cache.stall_proof import stall_proof_timeout

pytestmark = pytest.mark.anyio


async def test_what_does_not_end_is_ended():
    with pytest.raises(TimeoutError):
        async with stall_proof_timeout(0.05):
            await asyncio.Event().wait()


async def test_what_ends_in_time_is_let_be():
    async with stall_proof_timeout(5):
        await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_an_answer_that_came_during_a_standstill_is_taken():
    ours, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_connection(sock=ours)
        async with stall_proof_timeout(0.3):
            reading = asyncio.create_task(reader.readexactly(1))
            await asyncio.sleep(0)
            theirs.send(b"a")
            time.sleep(0.6)  # noqa: ASYNC251 — the standstill.
            assert await reading == b"a"
        writer.close()
        await writer.wait_closed()


async def test_a_cancellation_stays_one():
    async def wait():
        async with stall_proof_timeout(5):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
