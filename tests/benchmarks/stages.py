"""Where the time of one request goes, inside this process: no sockets but those to upstream, one request at a time.

Each program runs twice. With a stopwatch in its schema, which tells the stages apart by the CPU time between them; and
without, for the whole, since a stopwatch costs, and may itself keep a program from a short cut. CPU time is that of all
threads of this process; upstream is a process of its own.
"""

import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple
from unittest.mock import patch

import uvloop
from strawberry.extensions import SchemaExtension

from gateway import parts
from gateway.app import create_app
from gateway.settings import Settings
from tests.benchmarks import baseline
from tests.benchmarks.answers import refuse_different
from tests.benchmarks.asgi import ask
from tests.benchmarks.processes import settings
from tests.benchmarks.workloads import invoice_ids, nested_invoices

COUNTS = (1, 10, 50, 500)
STAGES = ("read", "parse", "validate", "execute", "encode")

# Nobody listens there: these applications are called, not connected to.
_NO_PORT = 0


class Stopwatch:
    """CPU time at the borders of a request's stages, in nanoseconds."""

    def __init__(self) -> None:
        self.marks: dict[str, int] = {}

    def mark(self, name: str) -> None:
        self.marks[name] = time.process_time_ns()

    def extension(self) -> SchemaExtension:
        return _Marking(self)

    def stages_ms(self, begun: int, ended: int) -> dict[str, float]:
        """How long each took; a stage that was not passed took nothing, and its time is the reading's."""
        at, took = begun, {}
        for stage in STAGES[1:-1]:
            begins, ends = self.marks.get(f"{stage} begins", at), self.marks.get(f"{stage} ends", at)
            took[stage] = (ends - begins) / 1e6
            at = ends
        in_schema = self.marks.get("parse begins", ended)
        took["read"] = (in_schema - begun) / 1e6
        took["encode"] = (ended - at) / 1e6 if self.marks else 0.0
        return took


class _Marking(SchemaExtension):
    def __init__(self, stopwatch: Stopwatch) -> None:
        self._mark = stopwatch.mark

    def on_parse(self) -> Iterator[None]:
        yield from self._around("parse")

    def on_validate(self) -> Iterator[None]:
        yield from self._around("validate")

    def on_execute(self) -> Iterator[None]:
        yield from self._around("execute")

    def _around(self, stage: str) -> Iterator[None]:
        self._mark(f"{stage} begins")
        yield
        self._mark(f"{stage} ends")


class Program(NamedTuple):
    """An application, and the stopwatch in it; None where it has none."""

    app: Any
    stopwatch: Stopwatch | None


class Case(NamedTuple):
    """What is measured.

    Attributes:
        count: of invoices.
        keeps: whether document and invoices were asked for before and are kept.
        program: which.
    """

    count: int
    keeps: bool
    program: str


# Milliseconds of each stage and of the "whole", one dictionary a round.
Times = dict[Case, list[dict[str, float]]]


def measure(sandbox_url: str, *, rounds: int, seconds: float) -> Times:
    """Times of requests for 1 to 500 invoices.

    Args:
        sandbox_url: upstream, of 500 invoices or more.
        rounds: in each of which every case has its turn.
        seconds: for one turn; a request that takes longer is asked once.
    """
    return uvloop.run(_measure(sandbox_url, invoice_ids(sandbox_url)[: max(COUNTS)], rounds, seconds))


async def _measure(sandbox_url: str, ids: Sequence[str], rounds: int, seconds: float) -> Times:
    times: Times = {}
    names = (f"Nested{number}" for number in itertools.count())
    async with AsyncExitStack() as running:
        programs = {
            (name, keeps): [await _start(running, name, sandbox_url, keeps, watch) for watch in (True, False)]
            for name in ("gateway", "baseline")
            for keeps in (True, False)
        }
        for count, keeps in itertools.product(COUNTS, (True, False)):
            await _compare(programs, nested_invoices(ids[:count], "Nested"), keeps=keeps)
        for _round, count, keeps in itertools.product(range(rounds), COUNTS, (True, False)):
            for name in ("gateway", "baseline"):
                took: dict[str, float] = {}
                for program in programs[name, keeps]:
                    took |= await _turn(program, ids[:count], seconds / 2, None if keeps else names)
                times.setdefault(Case(count, keeps, name), []).append(took)
    return times


async def _turn(
    program: Program, ids: Sequence[str], seconds: float, new_names: Iterator[str] | None
) -> dict[str, float]:
    """Medians of one turn.

    Args:
        program: is asked.
        ids: of invoices.
        seconds: to go on for.
        new_names: make each request a new document; without them all are one.
    """
    all_took: list[dict[str, float]] = []
    # The programs share a heap here: neither is to pay for looking through what the other keeps.
    gc.collect()
    gc.freeze()
    until_s = time.monotonic() + seconds
    while not all_took or time.monotonic() < until_s:
        body = nested_invoices(ids, next(new_names) if new_names else "Nested")
        if program.stopwatch:
            program.stopwatch.marks.clear()
        begun = time.process_time_ns()
        await ask(program.app, body)
        ended = time.process_time_ns()
        if program.stopwatch:
            all_took.append(program.stopwatch.stages_ms(begun, ended))
        else:
            all_took.append({"whole": (ended - begun) / 1e6})
        await asyncio.sleep(0)
    return {name: statistics.median(took[name] for took in all_took) for name in all_took[0]}


async def _compare(programs: dict[tuple[str, bool], list[Program]], body: str, *, keeps: bool) -> None:
    """Twice, so that what is kept is compared, too."""
    for _time, at in itertools.product(range(2), range(2)):
        answers = [await ask(programs[name, keeps][at].app, body) for name in ("gateway", "baseline")]
        refuse_different("nested invoices", *answers)


async def _start(running: AsyncExitStack, name: str, sandbox_url: str, keeps: bool, watch: bool) -> Program:  # noqa: FBT001
    stopwatch = Stopwatch() if watch else None
    build = _build_gateway if name == "gateway" else _build_baseline
    app = build(sandbox_url, keeps, stopwatch)
    await running.enter_async_context(app.router.lifespan_context(app))
    return Program(app, stopwatch)


def _build_baseline(sandbox_url: str, keeps: bool, stopwatch: Stopwatch | None) -> Any:  # noqa: FBT001
    return baseline.create_app(sandbox_url, keeps=keeps, extensions=[stopwatch.extension] if stopwatch else [])


def _build_gateway(sandbox_url: str, keeps: bool, stopwatch: Stopwatch | None) -> Any:  # noqa: FBT001
    given = settings(sandbox_url, _NO_PORT, keeps=keeps)
    values = {name.removeprefix("GATEWAY_").lower(): value for name, value in given.items()}
    # The same request is asked again and again here, and its stages are what is looked for.
    values["answers_max_bytes"] = "0"
    build_schema = parts.build_schema

    def build_watched(**options: Any) -> Any:
        schema = build_schema(**options)
        # Outermost, so that what the gateway's own extensions do is within the stage in which they do it.
        schema.extensions = [stopwatch.extension, *schema.extensions] if stopwatch else schema.extensions
        return schema

    with patch.object(parts, "build_schema", build_watched):
        return create_app(Settings.read(**values))
