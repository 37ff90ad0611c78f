"""Calls that answer when they are told to, for tests of who shares them."""

import asyncio

from gateway.operation import Deadline

KEY = "thing"


class Upstream:
    """A call that answers when told to, and remembers how it ended."""

    def __init__(self):
        self.started = 0
        self.cancelled = 0
        self.answer = asyncio.Event()
        self.error = None

    async def __call__(self):
        self.started += 1
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return f"answer {self.started}"


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def waiter(calls, upstream, *, deadline_s=10.0, key=KEY, **options):
    return asyncio.create_task(calls.join(key, upstream, Deadline.after(deadline_s), **options))
