"""A source of drawn billing values, which fails now and then: by what is asked for, never by when or in which order."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from gateway import errors
from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.line_items import KINDS, LineItemsPage, LineItemsPart, Place
from gateway.operation import Operation
from tests.differential.values import IDS, Values

# Made anew for each failure, as they are in life: one that is raised again grows with every traceback.
FAULTS: tuple[Callable[[], Exception], ...] = (
    lambda: errors.UpstreamError("Partner Center answered with an error.", 500, "800003"),
    lambda: errors.UpstreamError("Partner Center answered with an error.", 404),
    lambda: errors.UpstreamUnreadableError("Partner Center's answer cannot be understood."),
    lambda: errors.UpstreamTimeoutError("Partner Center did not answer in time."),
    lambda: errors.UpstreamUnavailableError("Partner Center cannot be reached."),
    lambda: errors.RateLimitedError("Partner Center asks to slow down.", 30),
    lambda: errors.OverloadedError("The gateway has more to do than it can in time.", 2.5),
    errors.SignInUnavailableError,
    errors.SignInFailedError,
    errors.SignInRequiredError,
    lambda: errors.UnauthenticatedError("Partner Center does not accept this token."),
    lambda: errors.UnauthenticatedError("Partner Center does not accept this token.", '{"access_token": {}}'),
    errors.WrongAudienceError,
    errors.MfaRequiredError,
    lambda: errors.ForbiddenError("Partner Center does not allow the caller this.", "2032"),
    lambda: errors.ForbiddenError("Partner Center does not allow the caller this.", "900329"),
    lambda: ValueError("a secret"),
    lambda: KeyError("a secret"),
    lambda: RecursionError("a secret"),
    TimeoutError,
)
# Members without which no collection can be made, or none be put in order.
_NEEDED = frozenset({"id", "amendments"})
_ORDERED_BY = frozenset({"invoice_date", "total_charges"})
# Of line items.
_PAGES = 3


class Answer(NamedTuple):
    """What one call brings.

    Attributes:
        turns: of the event loop that it takes.
        value: what comes.
        fault: what is raised in its place.
    """

    turns: int
    value: Any = None
    fault: Callable[[], Exception] | None = None


class Upstream:
    """What Partner Center knows at a time.

    Attributes:
        summaries: the answer for them.
        listed: the documents in the collection.
        documents: the answers by id; of any other id there is none.
        line_items: the answers for the first page of line items, and for those after it; the same of all invoices.
    """

    def __init__(self, rng: Random, *, is_kept: bool) -> None:
        self._rng = rng
        self._faults = rng.choice((0.0, 0.0, 0.0, 0.1, 0.4, 0.9))
        damage = rng.choice((0.0, 0.0, 0.0, 0.01, 0.04, 0.2))
        spared = _NEEDED | (_ORDERED_BY if rng.random() < 0.8 else frozenset())
        values = Values(rng, damage, is_kept=is_kept)
        listed = Values(rng, damage, is_kept=is_kept, spared=spared if rng.random() < 0.95 else frozenset())
        ids = rng.sample(IDS, rng.randrange(len(IDS)))
        self.summaries = self._answer(values.damaged(values.struct(InvoiceSummaries)))
        self.listed = self._answer([listed.struct(Invoice, id=each, is_whole=False) for each in ids])
        self.documents = {
            each: self._answer(values.damaged(None if rng.random() < 0.2 else self._whole(values, each)))
            for each in IDS
        }

        self.line_items = [self._answer(values.damaged(self._page(values, number))) for number in range(_PAGES)]

    def _page(self, values: Values, number: int) -> LineItemsPage:
        items = tuple(values.struct(self._rng.choice(KINDS)) for _ in range(self._rng.choice((0, 1, 3))))
        return LineItemsPage(items, Place(number + 1) if number + 1 < _PAGES else None)

    def _whole(self, values: Values, invoice_id: str) -> Invoice:
        return values.struct(Invoice, id=invoice_id, is_whole=self._rng.random() < 0.9)

    def _answer(self, value: Any) -> Answer:
        fault = self._rng.choice(FAULTS) if self._rng.random() < self._faults else None
        return Answer(self._rng.choice((0, 0, 1, 3)), value, fault)


class DrawnSource(InvoiceSource):
    """Answers with what upstream knows.

    Attributes:
        upstream: set by who turns the time.
        calls: what was asked since they were taken.
    """

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.calls: list[str] = []

    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries:
        return await self._called(operation, "summaries", self.upstream.summaries)

    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection:
        call = f"invoices {window.from_day}..{window.until_day}"
        return InvoiceCollection(await self._called(operation, call, self.upstream.listed))

    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        # A damaged document asks for what is no text.
        answer = self.upstream.documents.get(invoice_id, Answer(0))
        return await self._called(operation, f"invoice {invoice_id!r}", answer)

    async def line_items(self, operation: Operation, part: LineItemsPart, place: Place) -> LineItemsPage:
        answer = self.upstream.line_items[place.offset % _PAGES]
        return await self._called(operation, f"line items {part!r} {place!r}", answer)

    async def _called(self, operation: Operation, call: str, answer: Answer) -> Any:
        operation.budget.spend()
        self.calls.append(call)
        for _ in range(answer.turns):
            await asyncio.sleep(0)
        if answer.fault is not None:
            raise answer.fault()
        return answer.value
