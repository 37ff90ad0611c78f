"""Which of several kept answers is served, and which stands in, when upstream cannot be asked."""

import asyncio
from datetime import date

import pytest

from gateway.billing import EVERYTHING, Invoice, InvoiceDateWindow
from gateway.cache import BoundedMemoryCache, ReadThroughCache, Stock
from gateway.errors import ForbiddenError, UpstreamBudgetExceededError, UpstreamUnavailableError
from gateway.freshness import Windows
from gateway.loaders import Loaders
from gateway.readings import Lifetimes
from tests.fakes import FakeClock, FakeInvoiceSource, operation

pytestmark = pytest.mark.anyio

DEAD = UpstreamUnavailableError("no connection")
BY_ID, LISTED = Invoice("G1", state="by id", is_whole=True), Invoice("G1", state="listed")
JANUARY = InvoiceDateWindow(date(2026, 1, 1), date(2026, 2, 1))


class Gateway:
    """Loaders over one cache. Lists are fresh for 60 s, invoices for 300; stale ones cover failures for an hour."""

    def __init__(self, source, *, stale_s=0.0):
        self.clock = FakeClock()
        self.cache = ReadThroughCache(Stock(BoundedMemoryCache(1024**2), clock=self.clock))
        self.source = source
        lists, invoices = Windows(60, stale_s, 3600), Windows(300, stale_s, 3600)
        self.lifetimes = Lifetimes(lists, lists, invoices, Windows(30, 0, 3600))

    async def load(self, loader, *keys, **about):
        loaders = Loaders(self.source, self.cache, self.lifetimes, operation(**about))
        found = await asyncio.gather(*map(getattr(loaders, loader).load, keys), return_exceptions=True)
        await asyncio.sleep(0.01)  # For what is renewed behind.
        return [
            each if isinstance(each, BaseException) else (getattr(each.value, "state", each.value), each.stale_because)
            for each in found
        ]

    def take_calls(self):
        calls, self.source.calls = self.source.calls, []
        return calls

    def die(self):
        self.source.documents = dict.fromkeys(("G1", "G2", "G3"), DEAD)
        self.source.listed = DEAD


async def test_a_fresh_collections_entry_goes_before_a_stale_invoice_and_saves_its_renewal():
    gateway = Gateway(FakeInvoiceSource([BY_ID], [LISTED]), stale_s=1000)
    await gateway.load("invoice_by_id", "G1")
    gateway.clock.now_s += 301
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.take_calls()

    assert await gateway.load("invoice_by_id", "G1") == [("listed", None)]
    assert gateway.take_calls() == []


async def test_of_two_stale_answers_the_invoices_own_is_served_and_renewed():
    gateway = Gateway(FakeInvoiceSource([BY_ID], [LISTED]), stale_s=1000)
    await gateway.load("invoice_by_id", "G1")
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.clock.now_s += 301
    gateway.take_calls()

    assert await gateway.load("invoice_by_id", "G1") == [("by id", "RENEWING")]
    assert gateway.take_calls() == ["G1"]


async def test_a_collections_entry_stands_in_for_an_invoice_that_cannot_be_read():
    gateway = Gateway(FakeInvoiceSource([], [LISTED]))
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.clock.now_s += 61
    gateway.die()

    assert await gateway.load("invoice_by_id", "G1", "G2") == [("listed", "UPSTREAM_UNAVAILABLE"), DEAD]


async def test_the_whole_collection_stands_in_for_a_window_that_cannot_be_read():
    gateway = Gateway(FakeInvoiceSource([], [LISTED]))
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.clock.now_s += 61
    gateway.die()

    ((collection, reason),) = await gateway.load("invoices_by_window", JANUARY)

    assert (collection.documents, reason) == ((LISTED,), "UPSTREAM_UNAVAILABLE")


async def test_a_window_stands_in_for_itself_before_the_whole_collection_does():
    gateway = Gateway(FakeInvoiceSource([], [LISTED]))
    await gateway.load("invoices_by_window", JANUARY)
    gateway.source.listed = ()
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.clock.now_s += 61
    gateway.die()

    ((collection, reason),) = await gateway.load("invoices_by_window", JANUARY)

    assert (collection.documents, reason) == ((LISTED,), "UPSTREAM_UNAVAILABLE")


async def test_that_there_was_none_is_said_again_where_nobody_can_be_asked():
    gateway = Gateway(FakeInvoiceSource())
    await gateway.load("invoice_by_id", "G9")
    gateway.clock.now_s += 61
    gateway.source.documents["G9"] = DEAD
    gateway.source.listed = DEAD

    assert await gateway.load("invoice_by_id", "G9") == [(None, "UPSTREAM_UNAVAILABLE")]


async def test_what_an_operation_may_not_call_for_is_served_as_it_was_kept():
    gateway = Gateway(FakeInvoiceSource([BY_ID, Invoice("G2", state="by id")]))
    await gateway.load("whole_invoice_by_id", "G1", "G2")
    gateway.clock.now_s += 301
    gateway.take_calls()

    answers = await gateway.load("whole_invoice_by_id", "G1", "G2", "G3", calls=0)

    assert answers[:2] == [("by id", "UPSTREAM_BUDGET_EXCEEDED")] * 2
    assert isinstance(answers[2], UpstreamBudgetExceededError)
    assert gateway.take_calls() == []


async def test_calls_that_were_too_many_once_made_are_stood_in_for_too():
    """They are foreseen for what is missing, not for what is kept as a last resort."""
    gateway = Gateway(FakeInvoiceSource([BY_ID, Invoice("G2", state="by id"), Invoice("G3", state="by id")]))
    await gateway.load("whole_invoice_by_id", "G1", "G2", "G3")
    gateway.clock.now_s += 301
    gateway.take_calls()

    answers = await gateway.load("whole_invoice_by_id", "G1", "G2", "G3", calls=1)

    assert answers == [("by id", None), *[("by id", "UPSTREAM_BUDGET_EXCEEDED")] * 2]
    assert gateway.take_calls() == ["G1"]


async def test_renewals_behind_do_not_use_up_the_operations_own_calls():
    gateway = Gateway(FakeInvoiceSource([BY_ID, Invoice("G2"), Invoice("G3", state="new")]), stale_s=1000)
    await gateway.load("whole_invoice_by_id", "G1", "G2")
    gateway.clock.now_s += 301

    answers = await gateway.load("whole_invoice_by_id", "G1", "G2", "G3", calls=2)

    assert answers == [("by id", "RENEWING"), (None, "RENEWING"), ("new", None)]
    assert sorted(gateway.take_calls()[2:]) == ["G1", "G2", "G3"]


async def test_renewals_behind_have_one_budget_together():
    ids = [f"G{number}" for number in range(10)]
    gateway = Gateway(FakeInvoiceSource([Invoice(each, state="by id") for each in ids]), stale_s=1000)
    await gateway.load("whole_invoice_by_id", *ids)
    gateway.clock.now_s += 301
    gateway.take_calls()

    answers = await gateway.load("whole_invoice_by_id", *ids, calls=4)

    assert answers == [("by id", "RENEWING")] * 10
    assert len(gateway.take_calls()) == 4


async def test_of_several_windows_each_that_is_kept_stands_in_for_itself():
    gateway = Gateway(FakeInvoiceSource([], [LISTED]))
    await gateway.load("invoices_by_window", JANUARY)
    gateway.source.listed = ()
    await gateway.load("invoices_by_window", EVERYTHING)
    gateway.clock.now_s += 61
    gateway.die()
    march = InvoiceDateWindow(date(2026, 3, 1), date(2026, 4, 1))

    answers = await gateway.load("invoices_by_window", JANUARY, march)

    assert [collection.documents for collection, _reason in answers] == [(LISTED,), ()]
    assert {reason for _collection, reason in answers} == {"UPSTREAM_UNAVAILABLE"}


async def test_an_invoice_that_is_refused_by_id_alone_ends_nothing_else():
    gateway = Gateway(FakeInvoiceSource([], [LISTED]))
    await gateway.load("invoice_summaries", None)
    gateway.source.documents["G1"] = ForbiddenError("not by id", "900329")
    gateway.take_calls()

    assert await gateway.load("invoice_by_id", "G1") == [("listed", None)]
    await gateway.load("invoice_summaries", None)
    assert gateway.take_calls() == ["G1", "invoices"]
