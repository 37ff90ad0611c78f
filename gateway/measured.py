"""What is not counted but read when metrics are asked for, and of which part."""

from collections.abc import Callable

from gateway.cache import ReadThroughCache
from gateway.execution.executor import Executor
from gateway.partner_center.client import PartnerCenter
from gateway.telemetry import unknown_enum_values
from gateway.watching.exposition import Exposition
from gateway.watching.metrics import (
    CALLS_NOW,
    CONNECTIONS,
    LANES,
    RUNNING,
    STORE_BYTES,
    STORE_ENTRIES,
    UNKNOWN_VALUES,
    Tally,
)


def exposition_of(
    tally: Tally,
    *,
    source: PartnerCenter,
    cache: ReadThroughCache,
    executor: Executor,
    connections: Callable[[], int],
) -> Exposition:
    """Metrics of an application put together of these parts."""
    return Exposition(
        tally,
        {
            # Of the whole process: values are decoded without knowing for whom.
            UNKNOWN_VALUES: lambda: {(enum,): count for enum, count in unknown_enum_values.copy().items()},
            RUNNING: lambda: {(): executor.running},
            CALLS_NOW: lambda: {("running",): source.calls.running, ("waiting",): source.calls.waiting},
            LANES: lambda: {(state,): count for state, count in source.calls.lanes_by_state().items()},
            CONNECTIONS: lambda: {(): connections()},
            STORE_BYTES: lambda: {(name,): store.size_bytes for name, store in cache.stores.items()},
            STORE_ENTRIES: lambda: {(name,): len(store) for name, store in cache.stores.items()},
        },
    )
