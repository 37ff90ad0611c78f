"""Those who leave a call that runs on leave nothing with it."""

import asyncio

import pytest

from gateway.operation import Deadline
from gateway.shared_calls import SharedCalls

pytestmark = pytest.mark.anyio

RUNS_ON_S = 1000.0


async def test_leaving_waiters_add_neither_timers_nor_callbacks_to_a_running_call(monkeypatch):
    running, timers = [], []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def noted(*arguments, **options):
        timers.append(call_later(*arguments, **options))
        return timers[-1]

    async def never():
        running.append(asyncio.current_task())
        await asyncio.Event().wait()

    monkeypatch.setattr(loop, "call_later", noted)
    calls, callbacks = SharedCalls(), []
    for _ in range(100):
        with pytest.raises(TimeoutError):
            await calls.join("key", never, Deadline.after(0), runs_on_s=RUNS_ON_S)
        callbacks.append(len(running[0]._callbacks))  # noqa: SLF001 — asyncio tells of them nowhere else.
    waiting = [timer for timer in timers if not timer.cancelled()]
    await calls.close()

    assert len(running) == 1
    assert len(waiting) == 1
    assert set(callbacks) == {callbacks[0]}
    assert [timer for timer in timers if not timer.cancelled()] == []
