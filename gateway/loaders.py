"""Loaders: one batch for all who ask at once within an operation.

*This operation*: each key once (here). *This moment* and *this while*: `cache`. Partner Center has no get-by-ids, so
a batch is one look into the cache and one concurrent call for each id that is missing there.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import reduce
from http import HTTPStatus
from typing import Any, TypeVar

from gateway.billing import EVERYTHING, Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.cache import Found, Reading, ReadThroughCache
from gateway.errors import GatewayError, OverloadedError, UpstreamBudgetExceededError, UpstreamError
from gateway.freshness import COVERED, Served
from gateway.isolation import OnFirstUse
from gateway.line_items import LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation
from gateway.readings import Lifetimes, Readings
from gateway.stand_ins import entry_of, freshest, listed_as, may_still_be_listed

T = TypeVar("T")

# What stands for one answer of a batch: itself, or the error in its place.
Outcome = Served[T] | BaseException


class Loaders:
    """The loaders of one operation.

    Attributes:
        invoice_summaries: the summaries, by None.
        invoices_by_window: collections by window; windows asked for together cost one reading.
        invoice_by_id: an invoice by id with what the collection carries, None where there is none.
        whole_invoice_by_id: an invoice as upstream answers by id, None where it answers that there is none.
        pdf_link_by_id: the link to an invoice's PDF, one that still works; None where there is none.
        line_items_by_place: a page of upstream's, by a part of an invoice and where the page begins.
    """

    def __init__(
        self, source: InvoiceSource, cache: ReadThroughCache, lifetimes: Lifetimes, operation: Operation
    ) -> None:
        self._cache = cache
        self._operation = operation
        self._readings = Readings(source, lifetimes, operation, cache.clock)

    def end(self) -> None:
        """Nothing is loaded any more: loaders and this refer to each other, and are parted."""
        vars(self).clear()

    def pdf_link_until_s(self, invoice: Invoice) -> float | None:
        """Up to when an invoice's link may be handed out, on the cache's clock; None where it has none, or no more."""
        if invoice.pdf_download_link is None:
            return None
        until_s = self._readings.pdf_link_until_s(invoice)
        return until_s if until_s > self._cache.clock() else None

    async def _load_summaries(self, _keys: Sequence[None]) -> list[Outcome[InvoiceSummaries]]:
        return await self._load_all([self._readings.summaries()])

    async def _load_windows(self, windows: Sequence[InvoiceDateWindow]) -> list[Outcome[InvoiceCollection]]:
        """The whole collection serves every window; where it is not there, one window that holds all that miss."""
        readings = {window: self._readings.collection(window) for window in windows}
        everything = self._readings.collection(EVERYTHING)
        # Of all windows, not of those that miss: the next operation of this kind looks for the same one.
        hull = self._readings.collection(reduce(InvoiceDateWindow.hull, windows))
        kept = await self._look([*readings.values(), everything, hull])
        answers: dict[InvoiceDateWindow, Outcome[InvoiceCollection]] = {}
        for window, reading in readings.items():
            best = freshest(*((each, kept.get(each.key)) for each in (everything, reading, hull)))
            if best is not None:
                answers[window] = self._serve(*best)
        missing = [window for window in windows if window not in answers]
        if missing:
            (read,) = await self._load_each([hull], [self._cache.is_loading(hull.key)])
            for window in missing:
                answers[window] = self._or_kept(read, readings[window], everything)
        return [answers[window] for window in windows]

    async def _load_invoices(self, ids: Sequence[str]) -> list[Outcome[Invoice | None]]:
        """From what is kept, then by id, then from the collection: upstream's 404 by id does not mean there is none."""
        everything = self._readings.collection(EVERYTHING)
        readings = {invoice_id: self._readings.invoice(invoice_id) for invoice_id in ids}
        kept = await self._look([everything, *readings.values()])
        listed: Found[InvoiceCollection] | None = kept.get(everything.key)
        answers: dict[str, Outcome[Invoice | None]] = {}
        for invoice_id, reading in readings.items() if kept else ():
            mine, entry = kept.get(reading.key), entry_of(listed, invoice_id)
            present = mine if mine is not None and mine.served.value is not None else None
            best = freshest((reading, present), (everything, entry)) or freshest((reading, mine))
            if best is not None:
                answers[invoice_id] = self._serve(*best)
        missing = [invoice_id for invoice_id in ids if invoice_id not in answers]
        if listed is None and len(missing) > self._operation.budget.remaining:
            nothing: dict[str, Outcome[Invoice | None]] = dict.fromkeys(missing, Served(None))
            found = await self._from_collection(nothing)
            answers |= {invoice_id: entry for invoice_id, entry in found.items() if entry is not nothing[invoice_id]}
            missing = [invoice_id for invoice_id in missing if invoice_id not in answers]
        read = await self._load_by_id([readings[invoice_id] for invoice_id in missing]) if missing else []
        for invoice_id, outcome in zip(missing, read, strict=True):
            stand_in = None if isinstance(outcome, Served) else self._stand_in(outcome, everything)
            answers[invoice_id] = (stand_in and listed_as(stand_in, invoice_id)) or outcome
        denied = {invoice_id: answer for invoice_id, answer in answers.items() if may_still_be_listed(answer)}
        if denied:
            answers |= await self._from_collection(denied)
        return [answers[invoice_id] for invoice_id in ids]

    async def _from_collection(
        self, denied: Mapping[str, Outcome[Invoice | None]]
    ) -> dict[str, Outcome[Invoice | None]]:
        """The collection's entries of ids that upstream denied by id; where it has none, what was answered by id."""
        try:
            listed = await self.invoices_by_window.load(EVERYTHING)
        except GatewayError as error:
            if isinstance(error, UpstreamError) and error.upstream_status == HTTPStatus.NOT_FOUND:
                return dict(denied)
            # Neither presence nor absence is known.
            return {key: answer if isinstance(answer, BaseException) else error for key, answer in denied.items()}
        return {key: listed_as(listed, key) or answer for key, answer in denied.items()}

    async def _load_by_id(self, readings: Sequence[Reading[Invoice | None]]) -> list[Outcome[Invoice | None]]:
        """What `whole_invoice_by_id` would load, of a batch that is whole already: the loader need not gather it."""
        known = self.whole_invoice_by_id.begun
        mine = [reading for reading in readings if reading.key.id not in known]
        others = [reading.key.id for reading in readings if reading.key.id in known]
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in mine]
        known.update(zip((reading.key.id for reading in mine), futures, strict=True))
        try:
            outcomes = await self._load_all(mine)
            for future, outcome in zip(futures, outcomes, strict=True):
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                    future.exception()  # Looked at: nobody else may.
                else:
                    future.set_result(outcome)
        finally:
            for future in futures:
                future.cancel()
        if not others:
            return outcomes
        answers = dict(zip((reading.key.id for reading in mine), outcomes, strict=True))
        read = await asyncio.gather(*map(self.whole_invoice_by_id.load, others), return_exceptions=True)
        answers |= zip(others, read, strict=True)
        return [answers[reading.key.id] for reading in readings]

    async def _load_whole_invoices(self, ids: Sequence[str]) -> list[Outcome[Invoice | None]]:
        return await self._load_all([self._readings.invoice(invoice_id) for invoice_id in ids])

    async def _load_pdf_links(self, ids: Sequence[str]) -> list[Outcome[str | None]]:
        """With the rest of the invoice, unless the link it came with has ended by now."""
        read = await asyncio.gather(*map(self.whole_invoice_by_id.load, ids), return_exceptions=True)
        answers = dict(zip(ids, read, strict=True))
        ended = [
            invoice_id
            for invoice_id, answer in answers.items()
            if not isinstance(answer, BaseException) and self._readings.has_ended_pdf_link(answer.value)
        ]
        renewed = await self._load_all([self._readings.invoice(each, needs_pdf_link=True) for each in ended])
        answers |= dict(zip(ended, renewed, strict=True))
        return [self._pdf_link(answers[invoice_id]) for invoice_id in ids]

    async def _load_line_items(self, pages: Sequence[tuple[LineItemsPart, Place]]) -> list[Outcome[LineItemsPage]]:
        return await self._load_all([self._readings.line_items(part, place) for part, place in pages])

    def _pdf_link(self, answer: Outcome[Invoice | None]) -> Outcome[str | None]:
        if isinstance(answer, BaseException):
            return answer
        invoice = answer.value
        if invoice is None:
            return Served(None, answer.age_s, answer.stale_because, answer.fresh_until_s, answer.read_at_s)
        until_s = min(answer.fresh_until_s, self._readings.pdf_link_until_s(invoice))
        return Served(invoice.pdf_download_link, answer.age_s, answer.stale_because, until_s, answer.read_at_s)

    async def _load_all(self, readings: Sequence[Reading[T]]) -> list[Outcome[T]]:
        """What is kept, and for the rest concurrent calls; or none of them, where they are too many."""
        kept = await self._look(readings)
        if not kept:
            return await self._load_missing(readings, kept)
        found = [kept.get(reading.key) for reading in readings]
        answers = [
            self._serve(reading, each) if each is not None and each.at_once else None
            for reading, each in zip(readings, found, strict=True)
        ]
        missing = [reading for reading, answer in zip(readings, answers, strict=True) if answer is None]
        loaded = iter(await self._load_missing(missing, kept))
        return [next(loaded) if answer is None else answer for answer in answers]

    async def _load_missing(self, readings: Sequence[Reading[T]], kept: Mapping[Any, Found[Any]]) -> list[Outcome[T]]:
        """By concurrent calls; a call that fails, or is one too many, is stood in for where something is kept."""
        joined = self._cache.are_loading(readings)
        if len(readings) > self._operation.budget.remaining:
            needed = sum(
                not is_joined and each.key not in kept for each, is_joined in zip(readings, joined, strict=True)
            )
            try:
                self._operation.budget.foresee(needed)
            except UpstreamBudgetExceededError as error:
                return [self._or_kept(error, reading) for reading in readings]
        read = await self._load_each(readings, joined)
        return [
            outcome if isinstance(outcome, Served) else self._or_kept(outcome, reading)
            for outcome, reading in zip(read, readings, strict=True)
        ]

    async def _load_each(self, readings: Sequence[Reading[T]], joined: Sequence[bool]) -> list[Outcome[T]]:
        """The answers by calls that others may share.

        The operation that began a call pays for it and waits for its turn; that it had neither money nor time is
        nothing to those who joined: what others have begun before is in `joined`.
        """
        answers = await self._cache.load_all(readings, self._operation)
        if not any(joined):
            return answers
        for at, (reading, is_joined) in enumerate(zip(readings, joined, strict=True)):
            while is_joined and self._is_not_mine(answers[at]):
                is_joined = self._cache.is_loading(reading.key)  # noqa: PLW2901 — of the call that is joined next.
                (answers[at],) = await self._cache.load_all([reading], self._operation)
        return answers

    def _is_not_mine(self, answer: Outcome[Any]) -> bool:
        """Whether a call failed for want of what the operation that began it had not, and this one may have."""
        return isinstance(answer, OverloadedError) or (
            isinstance(answer, UpstreamBudgetExceededError) and self._operation.budget.remaining > 0
        )

    async def _look(self, readings: Sequence[Reading[Any]]) -> dict[Any, Found[Any]]:
        return await self._cache.look(readings, self._operation.cache_control)

    def _or_kept(self, outcome: Outcome[T], *readings: Reading[T]) -> Outcome[T]:
        """What is kept by now, the first of some, in the place of a failure that it may stand in for."""
        return next(filter(None, (self._stand_in(outcome, reading) for reading in readings)), outcome)

    def _stand_in(self, outcome: Outcome[Any], reading: Reading[T]) -> Served[T] | None:
        if not isinstance(outcome, (*COVERED, UpstreamBudgetExceededError)):
            return None
        return self._cache.stand_in(reading, self._operation.cache_control, outcome)

    def _serve(self, reading: Reading[Any], found: Found[T]) -> Served[T]:
        if found.to_renew:
            self._cache.renew_behind(reading, self._operation)
        return found.served

    invoice_summaries = OnFirstUse(_load_summaries)
    invoices_by_window = OnFirstUse(_load_windows)
    invoice_by_id = OnFirstUse(_load_invoices)
    whole_invoice_by_id = OnFirstUse(_load_whole_invoices)
    pdf_link_by_id = OnFirstUse(_load_pdf_links)
    line_items_by_place = OnFirstUse(_load_line_items)
