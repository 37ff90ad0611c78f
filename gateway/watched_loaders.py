"""Loaders that somebody looks at: each batch and each look into the cache a span, and what they find counted."""

from collections.abc import Sequence
from typing import Any, TypeVar

from typing_extensions import override

from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.cache import Found, Reading, ReadThroughCache
from gateway.freshness import Served
from gateway.loaders import Loaders, Outcome
from gateway.operation import Operation
from gateway.readings import Lifetimes
from gateway.watching import Span, Watch

T = TypeVar("T")


class WatchedLoaders(Loaders):
    """The loaders of one operation, and who looks at them."""

    def __init__(
        self,
        watch: Watch,
        source: InvoiceSource,
        cache: ReadThroughCache,
        lifetimes: Lifetimes,
        operation: Operation,
    ) -> None:
        self._watch = watch
        super().__init__(source, cache, lifetimes, operation)

    def _batch(self, loader: str, keys: Sequence[Any]) -> Span:
        return self._watch.spans.begin(f"load {loader}", {"gateway.batch.keys": len(keys)})

    @override
    async def _load_summaries(self, _keys: Sequence[None]) -> list[Outcome[InvoiceSummaries]]:
        with self._batch("invoice_summaries", _keys):
            return await super()._load_summaries(_keys)

    @override
    async def _load_windows(self, windows: Sequence[InvoiceDateWindow]) -> list[Outcome[InvoiceCollection]]:
        with self._batch("invoices_by_window", windows):
            return await super()._load_windows(windows)

    @override
    async def _load_invoices(self, ids: Sequence[str]) -> list[Outcome[Invoice | None]]:
        with self._batch("invoice_by_id", ids):
            return await super()._load_invoices(ids)

    @override
    async def _load_whole_invoices(self, ids: Sequence[str]) -> list[Outcome[Invoice | None]]:
        with self._batch("whole_invoice_by_id", ids):
            return await super()._load_whole_invoices(ids)

    @override
    async def _load_pdf_links(self, ids: Sequence[str]) -> list[Outcome[str | None]]:
        with self._batch("pdf_link_by_id", ids):
            return await super()._load_pdf_links(ids)

    @override
    async def _look(self, readings: Sequence[Reading[Any]]) -> dict[Any, Found[Any]]:
        with self._watch.spans.begin("look into the cache", {"gateway.cache.keys": len(readings)}) as span:
            found = await super()._look(readings)
            span.note("gateway.cache.found", len(found))
            return found

    @override
    def _serve(self, reading: Reading[Any], found: Found[T]) -> Served[T]:
        self._watch.counts.answered(reading.key.entity.name, "fresh" if found.is_fresh else "stale")
        return super()._serve(reading, found)

    @override
    async def _load_each(self, readings: Sequence[Reading[T]], joined: Sequence[bool]) -> list[Outcome[T]]:
        for reading, is_joined in zip(readings, joined, strict=True):
            name = reading.key.entity.name
            self._watch.counts.answered(name, "missing")
            if is_joined:
                self._watch.counts.joined(name)
        answers = await super()._load_each(readings, joined)
        for reading, answer in zip(readings, answers, strict=True):
            if isinstance(answer, Served) and answer.stale_because is not None:
                self._watch.counts.answered(reading.key.entity.name, "stood_in")
        return answers

    @override
    def _stand_in(self, outcome: Outcome[Any], reading: Reading[T]) -> Served[T] | None:
        stand_in = super()._stand_in(outcome, reading)
        if stand_in is not None:
            self._watch.counts.answered(reading.key.entity.name, "stood_in")
        return stand_in
