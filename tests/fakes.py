"""Fakes at the project's own seams: a clock that tests turn, and a source that remembers what it was asked."""

import asyncio

from gateway.billing import Invoice, InvoiceCollection, InvoiceDateWindow, InvoiceSource, InvoiceSummaries
from gateway.caller import Caller, Scope
from gateway.errors import GatewayError
from gateway.freshness import ANY_AGE
from gateway.operation import Budget, Deadline, Operation


class FakeClock:
    """Seconds since the epoch, as a test sets them."""

    def __init__(self, now_s=1_000_000.0):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


class FakeInvoiceSource(InvoiceSource):
    """Invoices in memory.

    Attributes:
        calls: what was asked, in order: "summaries", "invoices", a window's days, or an id.
        documents: by id; an error in place of an invoice is raised.
        listed: what the collection holds.
        gate: calls wait until it is set.
    """

    def __init__(self, documents=(), listed=()):
        self.calls = []
        self.documents = {document.id: document for document in documents}
        self.listed = tuple(listed)
        self.gate = asyncio.Event()
        self.gate.set()

    async def _called(self, operation, call):
        operation.budget.spend()
        self.calls.append(call)
        await self.gate.wait()

    async def invoice_summaries(self, operation: Operation) -> InvoiceSummaries:
        await self._called(operation, "summaries")
        return InvoiceSummaries(0, ())

    async def invoices(self, operation: Operation, window: InvoiceDateWindow) -> InvoiceCollection:
        days = "" if window.is_everything else f" {window.from_day}..{window.until_day}"
        await self._called(operation, "invoices" + days)
        if isinstance(self.listed, GatewayError):
            raise self.listed
        return InvoiceCollection(self.listed)

    async def invoice(self, operation: Operation, invoice_id: str) -> Invoice | None:
        await self._called(operation, invoice_id)
        document = self.documents.get(invoice_id)
        if isinstance(document, GatewayError):
            raise document
        return document


def scope(identity="token-1"):
    return Scope("public", "", identity)


CORRELATION_ID = "00000000-0000-0000-0000-000000000001"


def operation(identity="token-1", *, deadline_s=10.0, calls=120, cache_control=ANY_AGE, correlation_id=CORRELATION_ID):
    return Operation(
        caller=Caller(scope(identity), "secret-token"),
        correlation_id=correlation_id,
        deadline=Deadline.after(deadline_s),
        budget=Budget(calls),
        cache_control=cache_control,
    )
