"""Two arms of a comparison: an executor each, with a source, a cache and a clock of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import structlog

from gateway.cache import BoundedMemoryCache, ReadThroughCache, Stock
from gateway.execution.executor import Executor, Request
from tests.differential.sessions import LIFETIMES, Session, Step, the_schema
from tests.differential.source import DrawnSource
from tests.fakes import FakeClock, operation
from tests.machine.turned_loop import TurnedLoop

MakeExecutor = Callable[..., Executor]
_MAX_CACHE_BYTES = 64 * 1024**2

_logged: list[tuple[Any, ...]] = []


class Outcome(NamedTuple):
    """All that an operation came to.

    Attributes:
        body: of the answer; empty where there was none.
        http_status: of the answer; 0 where there was none.
        raised: what was raised in its place: type, text, and what else an error has to tell.
        logged: path and type of what was masked.
        calls: made of upstream, in the order of their names, renewals behind included.
    """

    body: bytes
    http_status: int
    raised: str
    logged: list[tuple[Any, ...]]
    calls: list[str]


def compiling(*args: Any) -> Executor:
    """The executor that is to be proved: it compiles as it does in life."""
    return Executor(*args)


def interpreting(*args: Any) -> Executor:
    """The executor that says what is right: graphql-core runs everything."""
    return Executor(*args, compiles=False)


def compiled_count(executor: Any) -> int | None:
    """How many operations an executor has run compiled, all through; None where it compiles none."""
    plans = getattr(executor, "plans", None)
    return None if plans is None else plans.compiled


class Arm:
    """One executor in a session's world.

    Attributes:
        executor: of it.
    """

    def __init__(self, make: MakeExecutor, session: Session, loop: TurnedLoop) -> None:
        self._loop = loop
        self._session = session
        self._clock = FakeClock()
        self._source = DrawnSource(session.upstreams[0])
        memory = BoundedMemoryCache(_MAX_CACHE_BYTES) if session.is_kept else None
        cache = ReadThroughCache(Stock(memory, clock=self._clock))
        self.executor = make(the_schema(), self._source, cache, LIFETIMES)

    def run(self, step: Step) -> Outcome:
        """Run one operation, and all that it leaves behind."""
        self._clock.now_s += step.after_s
        self._source.upstream = self._session.upstreams[step.upstream]
        about = operation(calls=step.calls, cache_control=step.cache_control)
        body, http_status, raised = b"", 0, ""
        try:
            answer = self._loop.run_until_complete(self.executor.run(Request(*step.asked), about))
            body, http_status = answer.body, answer.http_status
        except Exception as error:  # noqa: BLE001 — whatever it is, both arms must raise it.
            raised = f"{type(error).__name__}: {error} {sorted(vars(error).items())}"
        self._loop.settle()
        logged, calls = _logged.copy(), sorted(self._source.calls)
        _logged.clear()
        self._source.calls.clear()
        return Outcome(body, http_status, raised, logged, calls)


@contextmanager
def turned_loop() -> Iterator[TurnedLoop]:
    """A loop without a clock or threads; what is logged meanwhile is not printed."""
    loop = TurnedLoop()
    before = structlog.get_config()
    structlog.configure(processors=[_note])
    try:
        yield loop
    finally:
        structlog.configure(**before)
        loop.close()


def _note(_logger: Any, _name: str, event: Any) -> Any:
    _logged.append((event["event"], event.get("path"), type(event.get("exc_info")).__name__))
    raise structlog.DropEvent
