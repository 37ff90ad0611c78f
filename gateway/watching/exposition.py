"""Metrics as Prometheus reads them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from typing_extensions import override

from gateway.watching.metrics import Histogram, Metric, Tally

Reader = Callable[[], Mapping[tuple[str, ...], float]]


class Exposition(Collector):
    """The counts of one application, with a registry of its own: several may be in one process.

    Args:
        tally: what was counted.
        readers: of what is not counted but read when it is asked for, by the values of its labels.
    """

    def __init__(self, tally: Tally, readers: Mapping[Metric, Reader]) -> None:
        self._tally = tally
        self._readers = readers
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self, accept: str) -> tuple[bytes, str]:
        """All of it, and its media type: OpenMetrics where `accept` asks for it, else Prometheus' own."""
        try:
            encoder, media_type = choose_encoder(accept)
        except TypeError:
            # As prometheus-client 0.26 compares a version that is none with numbers.
            encoder, media_type = choose_encoder("")
        return encoder(self._registry), media_type

    @override
    def collect(self) -> Iterator[Family]:
        for metric, counter in self._tally.counters.items():
            yield _family(metric, counter)
        for metric, histograms in self._tally.histograms.items():
            yield _histograms(metric, histograms)
        for metric, read in self._readers.items():
            yield _family(metric, read())

    def describe(self) -> list[Family]:
        return []  # It would collect to find out; there is nobody to be in conflict with.


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def _histograms(metric: Metric, histograms: Mapping[str, Histogram]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for label, histogram in sorted(histograms.items()):
        bounds = [*(f"{bound_s:g}" for bound_s in histogram.bounds_s), "+Inf"]
        family.add_metric([label], list(zip(bounds, accumulate(histogram.counts), strict=True)), histogram.sum_s)
    return family
