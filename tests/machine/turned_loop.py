"""An event loop whose time stands still until a test moves it, so that nothing rests on a machine's pace."""

import asyncio
from types import SimpleNamespace

# A step of the machine takes some hundred turns.
_MOST_TURNS = 20_000


class TurnedLoop(asyncio.SelectorEventLoop):
    """Runs what is ready when told to, in the order of asyncio; timers end when their moment is reached."""

    def __init__(self):
        self._now_s = 0.0
        super().__init__()

    def time(self):
        return self._now_s

    def run_in_executor(self, _executor, func, *args):
        """In a turn of its own, in the place of a thread, whose end no test can foresee."""
        outcome = self.create_future()

        def run():
            if outcome.cancelled():
                return
            try:
                outcome.set_result(func(*args))
            except Exception as error:  # noqa: BLE001 — it is handed on, as a thread's is.
                outcome.set_exception(error)

        self.call_soon(run)
        return outcome

    def settle(self):
        """Take turns until everybody waits for a moment to come, or for a test."""
        for _ in range(_MOST_TURNS):
            due_s = self._next_timer_s()
            if not self._ready and (due_s is None or due_s > self._now_s):
                return
            self.call_soon(self.stop)
            self.run_forever()
        raise AssertionError("the event loop does not come to rest")

    def advance(self, seconds):
        """Let time pass: every timer ends at its own moment."""
        until_s = self._now_s + seconds
        while (due_s := self._next_timer_s()) is not None and due_s <= until_s:
            self._now_s = max(self._now_s, due_s)
            self.settle()
        self.stall(until_s - self._now_s)

    def stall(self, seconds):
        """Let time pass as for a process that was stopped: timers end late, and all at once."""
        self._now_s += seconds
        self.settle()

    def _next_timer_s(self):
        return min((timer.when() for timer in self._scheduled if not timer.cancelled()), default=None)


def as_monotonic_clock():
    """What stands for the module `time` where the gateway reads its monotonic clock."""
    return SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time())
