"""A time-out that does not blame the other side for a standstill of this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SLICES = 5


@asynccontextmanager
async def stall_proof_timeout(seconds: float) -> AsyncIterator[None]:
    """Like `asyncio.timeout`, counted in five slices, each begun only when the event loop turns.

    After a standstill asyncio runs timers that passed meanwhile before it looks at answers that arrived meanwhile.
    A standstill counts as one slice here, however long it was.

    Raises:
        TimeoutError: the time has passed.
    """
    loop = asyncio.get_running_loop()
    slice_s = seconds / _SLICES
    async with asyncio.timeout(None) as limit:
        timers: list[asyncio.TimerHandle] = []

        def count(slices_left: int) -> None:
            if slices_left:
                timers[:] = [loop.call_later(slice_s, count, slices_left - 1)]
            else:
                limit.reschedule(loop.time())

        count(_SLICES)
        try:
            yield
        finally:
            timers[0].cancel()
