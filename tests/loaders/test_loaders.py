"""What an operation asks of its source, call by call, with the source faked at its seam."""

import asyncio
from datetime import date

import pytest

from gateway.billing import EVERYTHING, Invoice, InvoiceDateWindow
from gateway.cache import BoundedMemoryCache, ReadThroughCache, Stock
from gateway.errors import (
    ForbiddenError,
    UpstreamBudgetExceededError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from gateway.freshness import Windows
from gateway.loaders import Loaders
from gateway.readings import Lifetimes
from tests.fakes import FakeClock, FakeInvoiceSource, operation

pytestmark = pytest.mark.anyio

LIFETIMES = Lifetimes(Windows(60), Windows(60), Windows(300), Windows(30))
ONE, TWO, THREE = (Invoice(f"G{number}", is_whole=True) for number in (1, 2, 3))
REFUSED_BY_ID = ForbiddenError("no", "900329")
REFUSED = ForbiddenError("no", "2032")


class Gateway:
    """Loaders for one operation after another, over one cache."""

    def __init__(self, source, *, keeps=True, lifetimes=LIFETIMES):
        self.clock = FakeClock()
        self.cache = ReadThroughCache(Stock(BoundedMemoryCache(1024**2) if keeps else None, clock=self.clock))
        self.source = source
        self.lifetimes = lifetimes

    def loaders(self, **about):
        return Loaders(self.source, self.cache, self.lifetimes, operation(**about))


async def outcomes(loader, *keys):
    """The values, or the errors in their places."""
    served = await asyncio.gather(*(loader.load(key) for key in keys), return_exceptions=True)
    return [each if isinstance(each, BaseException) else each.value for each in served]


async def test_each_id_is_asked_for_once_and_answered_by_id_not_by_position():
    gateway = Gateway(FakeInvoiceSource([ONE, TWO]))

    answers = await outcomes(gateway.loaders().invoice_by_id, "G2", "G1", "G2")

    assert answers == [TWO, ONE, TWO]
    assert gateway.source.calls == ["G2", "G1"]


async def test_one_failing_id_leaves_the_others_their_answers():
    source = FakeInvoiceSource([ONE, THREE])
    failure = UpstreamUnavailableError("no connection")
    source.documents["G2"] = failure

    assert await outcomes(Gateway(source).loaders().invoice_by_id, "G1", "G2", "G3") == [ONE, failure, THREE]
    assert source.calls == ["G1", "G2", "G3"]


@pytest.mark.parametrize("denied", [None, REFUSED_BY_ID])
async def test_an_id_denied_by_id_is_looked_for_in_the_collection(denied):
    listed = Invoice("G1")
    source = FakeInvoiceSource([], [listed])
    source.documents["G1"] = denied

    assert await outcomes(Gateway(source).loaders().invoice_by_id, "G1") == [listed]
    assert source.calls == ["G1", "invoices"]


async def test_an_id_that_neither_knows_is_none_and_the_refusal_stays_a_refusal():
    source = FakeInvoiceSource()
    source.documents["G2"] = REFUSED_BY_ID

    assert await outcomes(Gateway(source).loaders().invoice_by_id, "G1", "G2") == [None, REFUSED_BY_ID]
    assert source.calls == ["G1", "G2", "invoices"]


async def test_any_other_refusal_is_not_looked_for_in_the_collection():
    source = FakeInvoiceSource([], [ONE])
    source.documents["G1"] = REFUSED

    assert await outcomes(Gateway(source).loaders().invoice_by_id, "G1") == [REFUSED]
    assert source.calls == ["G1"]


async def test_absence_is_not_claimed_where_the_collection_cannot_be_read():
    failure = UpstreamUnavailableError("no connection")
    source = FakeInvoiceSource()
    source.listed = failure
    source.documents["G2"] = REFUSED_BY_ID

    assert await outcomes(Gateway(source).loaders().invoice_by_id, "G1", "G2") == [failure, REFUSED_BY_ID]


async def test_a_remembered_absence_by_id_does_not_hide_the_collections_entry():
    listed = Invoice("G1")
    gateway = Gateway(FakeInvoiceSource([], [listed]), lifetimes=LIFETIMES._replace(collection=Windows(1)))
    await outcomes(gateway.loaders().invoice_by_id, "G1")
    gateway.clock.now_s += 5

    assert await outcomes(gateway.loaders().invoice_by_id, "G1") == [listed]
    assert gateway.source.calls == ["G1", "invoices", "invoices"]


async def test_the_whole_invoice_is_kept_before_the_collections_entry():
    gateway = Gateway(FakeInvoiceSource([ONE], [Invoice("G1")]))
    await outcomes(gateway.loaders().invoice_by_id, "G1")
    await outcomes(gateway.loaders().invoices_by_window, EVERYTHING)

    assert await outcomes(gateway.loaders().invoice_by_id, "G1") == [ONE]


async def test_both_loaders_of_one_invoice_cost_one_call_even_where_nothing_is_kept():
    gateway = Gateway(FakeInvoiceSource([ONE]), keeps=False)
    loaders = gateway.loaders()
    await outcomes(loaders.invoice_by_id, "G1")
    await outcomes(loaders.whole_invoice_by_id, "G1")

    assert gateway.source.calls == ["G1"]


async def test_lifetimes_end_when_they_say():
    gateway = Gateway(FakeInvoiceSource([ONE], [ONE]))
    for _ in range(2):
        loaders = gateway.loaders()
        await outcomes(loaders.whole_invoice_by_id, "G1", "G9")
        await outcomes(loaders.invoice_summaries, None)
        await outcomes(loaders.invoices_by_window, EVERYTHING)
    cold, gateway.source.calls = gateway.source.calls, []
    called_again = {}
    for age_s in (29, 31, 59, 61, 299, 301):
        gateway.clock.now_s = 1_000_000.0 + age_s
        loaders = gateway.loaders()
        await outcomes(loaders.whole_invoice_by_id, "G1", "G9")
        await outcomes(loaders.invoice_summaries, None)
        called_again[age_s], gateway.source.calls = gateway.source.calls, []

    assert cold == ["G1", "G9", "summaries", "invoices"]
    assert called_again == {
        29: [],
        31: ["G9"],
        59: [],
        61: ["G9", "summaries"],
        299: ["G9", "summaries"],
        301: ["G1"],
    }


async def test_windows_asked_for_together_are_read_as_the_one_that_holds_them():
    gateway = Gateway(FakeInvoiceSource())
    january = InvoiceDateWindow(date(2026, 1, 1), date(2026, 2, 1))
    march = InvoiceDateWindow(date(2026, 3, 1), date(2026, 4, 1))

    await outcomes(gateway.loaders().invoices_by_window, march, january)

    assert gateway.source.calls == ["invoices 2026-01-01..2026-04-01"]


async def test_an_open_side_stays_open_in_the_window_that_holds_it():
    gateway = Gateway(FakeInvoiceSource())
    until_may = InvoiceDateWindow(None, date(2026, 5, 1))
    march = InvoiceDateWindow(date(2026, 3, 1), date(2026, 4, 1))

    await outcomes(gateway.loaders().invoices_by_window, march, until_may)

    assert gateway.source.calls == ["invoices None..2026-05-01"]


async def test_more_ids_than_calls_are_left_read_the_collection_first():
    source = FakeInvoiceSource([ONE, TWO, THREE], [Invoice("G1"), Invoice("G2")])
    gateway = Gateway(source)

    answers = await outcomes(gateway.loaders(calls=2).invoice_by_id, "G1", "G2", "G3")

    assert answers == [Invoice("G1"), Invoice("G2"), THREE]
    assert source.calls == ["invoices", "G3"]


async def test_what_even_then_needs_too_many_calls_is_refused_before_them():
    source = FakeInvoiceSource()

    answers = await outcomes(Gateway(source).loaders(calls=2).invoice_by_id, "G1", "G2", "G3")

    assert [type(answer) for answer in answers] == [UpstreamBudgetExceededError] * 3
    assert (answers[0].needed, answers[0].limit) == (4, 2)
    assert source.calls == ["invoices"]


async def test_calls_that_are_merely_joined_cost_an_operation_nothing():
    source = FakeInvoiceSource([ONE])
    source.gate.clear()
    gateway = Gateway(source)
    paying = asyncio.create_task(outcomes(gateway.loaders().whole_invoice_by_id, "G1"))
    await asyncio.sleep(0.01)
    joining = asyncio.create_task(outcomes(gateway.loaders(calls=0).whole_invoice_by_id, "G1"))
    await asyncio.sleep(0.01)
    source.gate.set()

    assert await joining == await paying == [ONE]
    assert source.calls == ["G1"]


async def test_what_is_not_there_at_the_deadline_is_a_timeout_beside_what_is():
    source = FakeInvoiceSource([ONE, TWO])
    gateway = Gateway(source)
    await outcomes(gateway.loaders().whole_invoice_by_id, "G1")
    source.gate.clear()

    answers = await outcomes(gateway.loaders(deadline_s=0.05).invoice_by_id, "G1", "G2")

    assert answers[0] == ONE
    assert isinstance(answers[1], UpstreamTimeoutError)


async def test_a_collection_whose_operation_gave_up_fills_the_cache_all_the_same():
    source = FakeInvoiceSource([], [ONE])
    source.gate.clear()
    gateway = Gateway(source)
    answers = await outcomes(gateway.loaders(deadline_s=0.01).invoices_by_window, EVERYTHING)
    source.gate.set()
    await asyncio.sleep(0.05)

    later = await outcomes(gateway.loaders().invoices_by_window, EVERYTHING)

    assert isinstance(answers[0], UpstreamTimeoutError)
    assert later[0].invoices == (ONE,)
    assert source.calls == ["invoices"]


async def test_scopes_share_nothing():
    gateway = Gateway(FakeInvoiceSource([ONE], [ONE]))
    for identity in ("one", "two"):
        loaders = gateway.loaders(identity=identity)
        await outcomes(loaders.invoice_summaries, None)
        await outcomes(loaders.invoices_by_window, EVERYTHING)
        await outcomes(loaders.whole_invoice_by_id, "G1")

    assert gateway.source.calls == ["summaries", "invoices", "G1"] * 2


async def test_who_joined_a_call_that_its_beginner_could_not_pay_for_makes_their_own():
    class Pages(FakeInvoiceSource):
        """A collection of three pages."""

        async def invoices(self, operation, window):
            for _page in range(2):
                await self._called(operation, "page")
            return await super().invoices(operation, window)

    source = Pages([], [ONE])
    source.gate.clear()
    gateway = Gateway(source)
    poor = asyncio.create_task(outcomes(gateway.loaders(calls=1).invoices_by_window, EVERYTHING))
    await asyncio.sleep(0.01)
    rich = asyncio.create_task(outcomes(gateway.loaders(calls=3).invoices_by_window, EVERYTHING))
    await asyncio.sleep(0.01)
    source.gate.set()

    assert [type(answer) for answer in await poor] == [UpstreamBudgetExceededError]
    assert (await rich)[0].invoices == (ONE,)
    assert source.calls == ["page", "page", "page", "invoices"]
