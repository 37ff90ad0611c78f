"""`python -m tests.benchmarks`: the gateway beside plain Strawberry, on the same work, in one run.

Prints Markdown. Every ratio is the gateway's figure by that of `baseline.py`, measured in turns on the same machine
over the same sandbox; answers are compared before anything is timed. The least ratio is the best.
"""

import argparse
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from tests.benchmarks import figures, report, stages, under_load
from tests.benchmarks.answers import DifferentAnswersError
from tests.benchmarks.processes import Cores, cores, on_core, running, start_sandbox

# One page of upstream's collection, and the most invoices that the stages ask for.
_INVOICES = 500
_LIBRARIES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "httpx", "sniffio", "aiocache")
# Turns of the stages are many, and short.
_STAGE_PART = 0.2
_CALIBRATION = 200_000


def _stages(on: Cores, rounds: int, seconds: float) -> None:
    with running(start_sandbox(on.others, invoices=_INVOICES)) as sandbox, on_core(on.servers):
        times = stages.measure(sandbox.url, rounds=rounds, seconds=seconds * _STAGE_PART)
    report.stages_table(times)


def _servers(on: Cores, rounds: int, seconds: float) -> None:
    with running(start_sandbox(on.others, invoices=_INVOICES)) as sandbox:
        report.load_table(*under_load.measure(sandbox, on, rounds=rounds, seconds=seconds))


def _figures(on: Cores, rounds: int, seconds: float) -> None:
    report.figures_table(figures.measure(on, rounds=rounds, seconds=seconds))


_PARTS: dict[str, Callable[[Cores, int, float], None]] = {"stages": _stages, "servers": _servers, "figures": _figures}


def _calibrate() -> float:
    """Milliseconds of CPU of a fixed loop: it would be the same on a quiet machine."""
    begun = time.process_time()
    sum(number * number for number in range(_CALIBRATION))
    return (time.process_time() - begun) * 1000


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="The gateway beside plain Strawberry, in one run."
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns of each measurement (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one turn under load (%(default)s)")
    parser.add_argument("--only", choices=_PARTS, action="append", help="a part to measure; all without it")
    options = parser.parse_args()
    # Ended early, it leaves no process behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    on = cores()
    begun_s = time.monotonic()
    print(f"Python {python_version()}, " + ", ".join(map(_version, _LIBRARIES)))
    where = f"servers on core {on.servers}, upstream and callers on core {on.others}"
    print(where if on.servers != on.others else "one core for all: latencies are of no use")
    loops_ms = [_calibrate() for _ in range(5)]
    loads = [os.getloadavg()[0]]
    for name, measure in _PARTS.items():
        if options.only is None or name in options.only:
            try:
                measure(on, options.rounds, options.seconds)
            except DifferentAnswersError as error:
                print(f"Not measured: {error}", file=sys.stderr)
                return 1
            loops_ms += [_calibrate() for _ in range(5)]
            loads.append(os.getloadavg()[0])
    middle = statistics.median(loops_ms)
    print(
        f"\nMedians of {options.rounds} rounds of {options.seconds} s; {time.monotonic() - begun_s:.0f} s in all. "
        f"The machine: load {min(loads):.1f} to {max(loads):.1f}, a fixed loop took {min(loops_ms) / middle:.2f} to "
        f"{max(loops_ms) / middle:.2f} of its median.\n"
        "Ratios are medians of the rounds' own; noise is from the least of these to the most, by the median."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
