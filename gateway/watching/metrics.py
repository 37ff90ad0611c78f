"""The metrics: what each is called and means, and the counts behind them.

A count is an integer in a dictionary: a counter of prometheus-client 0.26 takes four times as long with its labels at
hand, and fifteen times as long without, since it locks for threads that do not count here.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from typing_extensions import override

from gateway.watching import Counts


class Metric(NamedTuple):
    """One metric.

    Attributes:
        name: as it is exposed; a histogram's without `_bucket`, `_sum` and `_count`.
        kind: Prometheus' word.
        labels: by name.
        meaning: for the README and whoever reads `/metrics`.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str


OPERATIONS = Metric(
    "gateway_operations_total",
    "counter",
    ("origin", "outcome"),
    "Operations. origin: run, shared (another's run was joined), kept (a whole answer was). outcome: ok, errors "
    "(beside data), refused (nothing ran), left (by the caller).",
)
DURATION = Metric(
    "gateway_operation_duration_seconds", "histogram", ("origin",), "Time to answer those that were run or shared."
)
ERRORS = Metric(
    "gateway_operation_errors_total",
    "counter",
    ("code",),
    "Operations with an error of the code; UPSTREAM_BUDGET_EXCEEDED are refusals by budget.",
)
REFUSALS = Metric(
    "gateway_refused_requests_total",
    "counter",
    ("code",),
    "Requests of which nothing was run: no token, no such document, too long and the like.",
)
CACHE = Metric(
    "gateway_cache_answers_total",
    "counter",
    ("entity", "verdict"),
    "Parts of answers, by what the cache had. verdict: fresh, stale, missing, stood_in (for a failure); of the entity "
    "answer, which is a whole one: kept, missing.",
)
JOINED = Metric(
    "gateway_shared_calls_total", "counter", ("what",), "Calls (by entity) and operations that waited for another's."
)
CALLS = Metric(
    "gateway_upstream_calls_total",
    "counter",
    ("resource", "outcome"),
    "Calls to Partner Center. outcome: ok, not_found, cancelled (by time, or nobody waits), or the error's code.",
)
CALL_DURATION = Metric(
    "gateway_upstream_call_duration_seconds",
    "histogram",
    ("resource",),
    "Time of a call, its wait for a turn and its tries included.",
)
RETRIES = Metric("gateway_upstream_retries_total", "counter", ("resource",), "Calls that were tried a second time.")
UNKNOWN_VALUES = Metric(
    "gateway_unknown_enum_values_total", "counter", ("enum",), "Values from upstream that an enum does not know yet."
)
RUNNING = Metric("gateway_operations_running", "gauge", (), "Operations that run now.")
CALLS_NOW = Metric("gateway_upstream_calls_now", "gauge", ("state",), "Calls that run now, and that wait for a turn.")
LANES = Metric(
    "gateway_upstream_lanes",
    "gauge",
    ("state",),
    "Tenants' ways to upstream: open, paused (it asked for it), stopped (it keeps failing).",
)
CONNECTIONS = Metric("gateway_connections", "gauge", (), "Callers' connections, scrapes included.")
STORE_BYTES = Metric("gateway_store_bytes", "gauge", ("store",), "Memory of what is kept; the bound is a setting.")
STORE_ENTRIES = Metric("gateway_store_entries", "gauge", ("store",), "How many are kept.")

METRICS = (
    OPERATIONS,
    ERRORS,
    REFUSALS,
    CACHE,
    JOINED,
    CALLS,
    RETRIES,
    DURATION,
    CALL_DURATION,
    UNKNOWN_VALUES,
    RUNNING,
    CALLS_NOW,
    LANES,
    CONNECTIONS,
    STORE_BYTES,
    STORE_ENTRIES,
)

# Up to the usual deadline, and up to the usual time-out of a call.
_OPERATION_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_CALL_BOUNDS_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Histogram:
    """How many of some durations were at most so long.

    Attributes:
        bounds_s: of the buckets but the last, which takes all else.
        counts: of each bucket.
        sum_s: of all durations.
    """

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self.bounds_s = bounds_s
        self.counts = [0] * (len(bounds_s) + 1)
        self.sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        self.counts[bisect_left(self.bounds_s, duration_s)] += 1
        self.sum_s += duration_s


class Tally(Counts):
    """Counts in memory.

    Attributes:
        counters: by metric, and then by the values of its labels.
        histograms: by metric, and then by the value of its one label.
    """

    def __init__(self) -> None:
        self._operations: Counter[tuple[str, ...]] = Counter()
        self._errors: Counter[tuple[str, ...]] = Counter()
        self._refusals: Counter[tuple[str, ...]] = Counter()
        self._cache: Counter[tuple[str, ...]] = Counter()
        self._joined: Counter[tuple[str, ...]] = Counter()
        self._calls: Counter[tuple[str, ...]] = Counter()
        self._retries: Counter[tuple[str, ...]] = Counter()
        self._durations = defaultdict[str, Histogram](lambda: Histogram(_OPERATION_BOUNDS_S))
        self._call_durations = defaultdict[str, Histogram](lambda: Histogram(_CALL_BOUNDS_S))
        self.counters: Mapping[Metric, Mapping[tuple[str, ...], int]] = {
            OPERATIONS: self._operations,
            ERRORS: self._errors,
            REFUSALS: self._refusals,
            CACHE: self._cache,
            JOINED: self._joined,
            CALLS: self._calls,
            RETRIES: self._retries,
        }
        self.histograms: Mapping[Metric, Mapping[str, Histogram]] = {
            DURATION: self._durations,
            CALL_DURATION: self._call_durations,
        }

    @override
    def operation(self, origin: str, outcome: str, duration_s: float, codes: Sequence[str]) -> None:
        self._operations[origin, outcome] += 1
        self._durations[origin].observe(duration_s)
        for code in codes:
            self._errors[(code,)] += 1

    @override
    def kept_answer(self, *, is_there: bool) -> None:
        if is_there:
            self._operations["kept", "ok"] += 1
            self._cache["answer", "kept"] += 1
        else:
            self._cache["answer", "missing"] += 1

    @override
    def refused_request(self, code: str) -> None:
        self._refusals[(code,)] += 1

    @override
    def answered(self, entity: str, verdict: str) -> None:
        self._cache[entity, verdict] += 1

    @override
    def joined(self, what: str) -> None:
        self._joined[(what,)] += 1

    @override
    def upstream_call(self, resource: str, outcome: str, duration_s: float) -> None:
        self._calls[resource, outcome] += 1
        self._call_durations[resource].observe(duration_s)

    @override
    def upstream_retry(self, resource: str) -> None:
        self._retries[(resource,)] += 1
