"""The measurements as Markdown: medians of rounds, and by how much rounds differed.

A ratio is the median of the rounds' own: both programs have their turns one after the other, so that what else the
machine does troubles both. Noise is of those ratios, from the least to the most, as a part of the median.
"""

import math
import statistics
from collections.abc import Sequence

from tests.benchmarks import figures, stages, under_load
from tests.benchmarks.workloads import Workload
from tests.process_memory import MIB

_KEPT = {True: "warm", False: "cold"}


def stages_table(times: stages.Times) -> None:
    heads = [*stages.STAGES, "whole"]
    rows = []
    for count in stages.COUNTS:
        for keeps in (False, True):
            ours, theirs = (times[stages.Case(count, keeps, name)] for name in ("gateway", "baseline"))
            cells = [_pair([took[stage] for took in ours], [took[stage] for took in theirs]) for stage in heads]
            noise = _spread(_ratios(*([took["whole"] for took in side] for side in (ours, theirs))))
            rows.append([f"{count}", _KEPT[keeps], *cells, f"{noise:.0%}"])
    print("\nOne request inside the process: milliseconds of CPU, gateway / baseline (ratio)\n")
    _table(["invoices", "", *heads, "noise"], rows)
    print(
        "\nCold: neither document nor invoices are kept; warm: both are, and whole answers are not. Read: from the\n"
        "request to its parsing, so HTTP, the caller and JSON; encode: from the executed operation to the last byte.\n"
        "The stages are told apart by an extension of the schema, which keeps the gateway from compiling; the whole\n"
        "is without it."
    )


def load_table(rounds: under_load.Rounds, workloads: Sequence[Workload]) -> None:
    rows = []
    for keeps in (False, True):
        for workload in workloads:
            ours, theirs = (rounds[under_load.Case(workload.name, keeps, name)] for name in ("gateway", "baseline"))
            cpu = [[each.cpu_s_per_1000 for each in side] for side in (ours, theirs)]
            medians = [statistics.median(side) for side in cpu]
            ratios = _ratios(*cpu)
            ratio, noise = f"**{statistics.median(ratios):.3f}**", _spread(ratios)
            times = [_latencies(side) for side in (ours, theirs)]
            rows.append(
                [f"{_KEPT[keeps]} {workload.name}", *(f"{each:.3g}" for each in medians), ratio, f"{noise:.0%}", *times]
            )
    print("\nServers under load: CPU seconds of the server for 1,000 requests; p50 / p99 in ms and answers a second\n")
    _table(["", "gateway", "baseline", "ratio", "noise", "gateway's callers", "baseline's callers"], rows)
    print("\n" + "; ".join(f"{workload.name}: {workload.about}" for workload in workloads) + ".")
    print(f"{under_load.CALLERS[False]} callers cold, {under_load.CALLERS[True]} warm, each with one connection.")
    print("Where a round had few requests, p99 is the longest.")


def figures_table(found: dict[str, figures.Figures]) -> None:
    both = [found["gateway"], found["baseline"]]
    lags = [[page - call for page, call in zip(each.page_s, each.one_call_s, strict=True)] for each in both]
    measured: list[tuple[str, list[list[float]], float, str]] = [
        ("start to ready, s", [each.started_s for each in both], 1, ".2f"),
        ("memory at rest, MiB", [[float(size) for size in each.resting_bytes] for each in both], 1 / MIB, ".0f"),
        (f"`invoices(first: {figures.PAGE})` cold, upstream {figures.LATENCY_MS} ms, one client: p50, ms",
         [each.page_s for each in both], 1000, ".1f"),
        ("the same, less one call's p50, ms", lags, 1000, ".1f"),
    ]  # fmt: skip
    for latency_ms in (0, figures.LATENCY_MS):
        name = f"upstream calls a request, 64 identical callers, nothing kept, upstream {latency_ms} ms"
        measured.append((name, [each.shared_calls[latency_ms] for each in both], 1, ".3f"))
    rows = []
    for name, values, unit, shape in measured:
        medians = [statistics.median(side) * unit for side in values]
        spans = [f"{medians[at]:{shape}} ({min(side) * unit:{shape}} to {max(side) * unit:{shape}})"
                 for at, side in enumerate(values)]  # fmt: skip
        rows.append([name, *spans, f"{statistics.median(_ratios(*values)):.3f}"])
    print("\nSingle figures: median (least to most)\n")
    _table(["", "gateway", "baseline", "ratio"], rows)


def _pair(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Both medians and their ratio; "-" where no such stage was passed."""
    medians = [statistics.median(side) for side in (ours, theirs)]
    ratio = f" ({statistics.median(_ratios(ours, theirs)):.2f})" if all(medians) else ""
    return " / ".join(f"{each:.3g}" if each else "-" for each in medians) + ratio


def _latencies(rounds: Sequence[under_load.Round]) -> str:
    p50_s, p99_s = (statistics.median(getattr(each.outcome, name) for each in rounds) for name in ("p50_s", "p99_s"))
    rate = statistics.median(each.outcome.count / each.outcome.elapsed_s for each in rounds)
    return f"{p50_s * 1000:.3g} / {p99_s * 1000:.3g}, {rate:.3g}/s"


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    # Turns that are too short take no time that can be measured.
    return [one / other if other else math.inf for one, other in zip(ours, theirs, strict=True)]


def _spread(values: Sequence[float]) -> float:
    median = statistics.median(values)
    return (max(values) - min(values)) / median if median else math.inf


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|---|" + "--:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
