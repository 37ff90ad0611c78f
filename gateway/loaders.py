"""How each thing is loaded: one loader per (entity, key), with what it is kept under and for how long beside it.

*This operation*: each key once (the loaders). *This moment* and *this while*: `cache`. Partner Center has no
get-by-ids, so a batch is one look into the cache and one concurrent call for each id that is missing there.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import reduce
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from strawberry.dataloader import DataLoader

from gateway.billing import (
    EVERYTHING,
    Invoice,
    InvoiceCollection,
    InvoiceDateWindow,
    InvoiceSource,
    InvoiceSummaries,
)
from gateway.cache import Entity, Key, ReadThroughCache
from gateway.errors import ForbiddenError, GatewayError, UpstreamBudgetExceededError, UpstreamError
from gateway.operation import Operation

T = TypeVar("T")

SUMMARIES: Entity[InvoiceSummaries] = Entity("invoice-summaries", InvoiceSummaries)
INVOICE: Entity[Invoice | None] = Entity("invoice", Invoice | None)
INVOICES: Entity[InvoiceCollection] = Entity(
    "invoices",
    tuple[Invoice, ...],
    pack=lambda collection: collection.documents,
    unpack=InvoiceCollection,
    is_large=True,
)

# "Expires in 30 minutes" (docs: invoice resources, pdfDownloadLink, 2023); five of them are left to use it.
PDF_LINK_FRESH_S = 1500.0

# "This resource does not support application-only authentication" (docs: error-codes, 2023): by id only, the
# collection is open to the same token.
_BY_ID_REFUSED = "900329"


class Lifetimes(NamedTuple):
    """Seconds for which answers are fresh."""

    list_s: float
    invoice_s: float
    not_found_s: float

    def of_invoice(self, invoice: Invoice | None) -> float:
        return self.not_found_s if invoice is None else min(self.invoice_s, PDF_LINK_FRESH_S)


class Loaders:
    """The loaders of one operation.

    Attributes:
        invoice_summaries: the summaries, by None.
        invoices_by_window: collections by window; windows asked for together cost one reading.
        invoice_by_id: an invoice by id with what the collection carries, None where there is none.
        whole_invoice_by_id: an invoice as upstream answers by id, None where it answers that there is none.
    """

    def __init__(
        self, source: InvoiceSource, cache: ReadThroughCache, lifetimes: Lifetimes, operation: Operation
    ) -> None:
        self._source = source
        self._cache = cache
        self._lifetimes = lifetimes
        self._operation = operation
        self.invoice_summaries: DataLoader[None, InvoiceSummaries] = DataLoader(self._load_summaries)
        self.invoices_by_window: DataLoader[InvoiceDateWindow, InvoiceCollection] = DataLoader(self._load_windows)
        self.invoice_by_id: DataLoader[str, Invoice | None] = DataLoader(self._load_invoices)
        self.whole_invoice_by_id: DataLoader[str, Invoice | None] = DataLoader(self._load_whole_invoices)

    def _key_of_window(self, window: InvoiceDateWindow) -> Key[InvoiceCollection]:
        days = "" if window.is_everything else f"{window.from_day or ''}/{window.until_day or ''}"
        return Key(self._operation.caller.scope, INVOICES, days)

    def _key_of_invoice(self, invoice_id: str) -> Key[Invoice | None]:
        return Key(self._operation.caller.scope, INVOICE, invoice_id)

    async def _load_summaries(self, _keys: Sequence[None]) -> list[InvoiceSummaries]:
        key = Key(self._operation.caller.scope, SUMMARIES)
        found = await self._cache.find_many([key])
        if key in found:
            return [found[key]]
        return [
            await self._load(
                key,
                lambda: self._source.invoice_summaries(self._operation),
                fresh_s=lambda _summaries: self._lifetimes.list_s,
            )
        ]

    async def _load_windows(self, windows: Sequence[InvoiceDateWindow]) -> list[InvoiceCollection]:
        """The whole collection serves every window; where it is not there, one window that holds all that miss."""
        keys = {window: self._key_of_window(window) for window in windows}
        everything = self._key_of_window(EVERYTHING)
        found = await self._cache.find_many([*{*keys.values(), everything}])
        if everything in found:
            return [found[everything]] * len(windows)
        missing = [window for window in windows if keys[window] not in found]
        if missing:
            hull = reduce(InvoiceDateWindow.hull, missing)
            read = await self._read_window(hull)
            found |= {keys[window]: read for window in missing}
        return [found[keys[window]] for window in windows]

    async def _read_window(self, window: InvoiceDateWindow) -> InvoiceCollection:
        return await self._load(
            self._key_of_window(window),
            lambda: self._source.invoices(self._operation, window),
            fresh_s=lambda _collection: self._lifetimes.list_s,
            # Slow to read and good for every query after: an operation that gives up does not end it.
            outlives_deadline=True,
        )

    async def _load_invoices(self, ids: Sequence[str]) -> list[Invoice | BaseException | None]:
        """From what is kept, then by id, then from the collection: upstream's 404 by id does not mean there is none."""
        everything = self._key_of_window(EVERYTHING)
        keys = {invoice_id: self._key_of_invoice(invoice_id) for invoice_id in ids}
        kept = await self._cache.find_many([everything, *keys.values()])
        listed: InvoiceCollection | None = kept.get(everything)
        answers: dict[str, Invoice | BaseException | None] = {}
        for invoice_id, key in keys.items():
            entry = listed.by_id.get(invoice_id) if listed else None
            if key in kept or entry is not None:
                answers[invoice_id] = kept.get(key) or entry
        missing = [invoice_id for invoice_id in ids if invoice_id not in answers]
        if listed is None and len(missing) > self._operation.budget.remaining:
            listed = await self.invoices_by_window.load(EVERYTHING)
            answers |= {invoice_id: listed.by_id[invoice_id] for invoice_id in missing if invoice_id in listed.by_id}
            missing = [invoice_id for invoice_id in missing if invoice_id not in answers]
        read = await asyncio.gather(*map(self.whole_invoice_by_id.load, missing), return_exceptions=True)
        answers |= dict(zip(missing, read, strict=True))
        denied = [invoice_id for invoice_id, answer in answers.items() if _may_still_be_listed(answer)]
        if denied:
            answers |= await self._from_collection(denied, answers, listed)
        return [answers[invoice_id] for invoice_id in ids]

    async def _from_collection(
        self,
        ids: Sequence[str],
        answers: Mapping[str, Invoice | BaseException | None],
        listed: InvoiceCollection | None,
    ) -> dict[str, Invoice | BaseException | None]:
        """The collection's entries of ids that upstream denied by id; where it has none, what was answered by id."""
        if listed is None:
            try:
                listed = await self.invoices_by_window.load(EVERYTHING)
            except GatewayError as error:
                if isinstance(error, UpstreamError) and error.upstream_status == HTTPStatus.NOT_FOUND:
                    return {invoice_id: answers[invoice_id] for invoice_id in ids}
                # Neither presence nor absence is known.
                return {invoice_id: answers[invoice_id] or error for invoice_id in ids}
        return {invoice_id: listed.by_id.get(invoice_id) or answers[invoice_id] for invoice_id in ids}

    async def _load_whole_invoices(self, ids: Sequence[str]) -> list[Invoice | BaseException | None]:
        keys = [self._key_of_invoice(invoice_id) for invoice_id in ids]
        kept = await self._cache.find_many(keys)
        missing = [key for key in keys if key not in kept]
        self._operation.budget.foresee(sum(not self._cache.is_loading(key) for key in missing))
        read = await asyncio.gather(*map(self._read_whole_invoice, missing), return_exceptions=True)
        answers = kept | dict(zip(missing, read, strict=True))
        return [answers[key] for key in keys]

    async def _read_whole_invoice(self, key: Key[Invoice | None]) -> Invoice | None:
        return await self._load(
            key, lambda: self._source.invoice(self._operation, key.id), fresh_s=self._lifetimes.of_invoice
        )

    async def _load(
        self,
        key: Key[T],
        fetch: Callable[[], Coroutine[Any, Any, T]],
        *,
        fresh_s: Callable[[T], float],
        outlives_deadline: bool = False,
    ) -> T:
        """The answer by a call that others may share."""

        async def shared() -> T:
            deadline = self._operation.deadline
            return await self._cache.load(
                key, fetch, fresh_s=fresh_s, deadline=deadline, outlives_deadline=outlives_deadline
            )

        try:
            return await shared()
        except UpstreamBudgetExceededError:
            # The operation that began the call pays for it; that it could not is nothing to those who joined.
            if not self._operation.budget.remaining:
                raise
            return await shared()


def _may_still_be_listed(answer: Invoice | BaseException | None) -> bool:
    return answer is None or (isinstance(answer, ForbiddenError) and answer.upstream_code == _BY_ID_REFUSED)
