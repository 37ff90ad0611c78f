"""Whoever joins a call is not answered by what the one who began it was short of."""

import asyncio

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, ReadThroughCache, Stock
from gateway.errors import OverloadedError
from gateway.freshness import Served, Windows
from gateway.loaders import Loaders
from gateway.readings import Lifetimes
from tests.fakes import FakeInvoiceSource, operation

pytestmark = pytest.mark.anyio

INVOICE = Invoice("G1", is_whole=True)
WINDOWS = Windows(60)
SHORT_S, LONG_S = 5.0, 60.0


class CrowdedSource(FakeInvoiceSource):
    """Has no turn for operations with a short deadline, which they learn when the gate opens; it shuts again then."""

    async def _called(self, operation, call):
        await super()._called(operation, call)
        if operation.deadline.length_s <= SHORT_S:
            self.gate.clear()
            raise OverloadedError("The gateway has more upstream calls to make than it can in time.")


@pytest.fixture
def source():
    return CrowdedSource([INVOICE])


@pytest.fixture
async def ask(source):
    """Asks, in this order and while one call is running, on account of operations with these deadlines."""
    cache = ReadThroughCache(Stock(BoundedMemoryCache(1024**2)))
    lifetimes = Lifetimes(WINDOWS, WINDOWS, WINDOWS, WINDOWS)

    async def ask(*deadlines_s):
        source.gate.clear()
        waiting = []
        for deadline_s in deadlines_s:
            loaders = Loaders(source, cache, lifetimes, operation(deadline_s=deadline_s))
            waiting.append(asyncio.ensure_future(loaders.whole_invoice_by_id.load("G1")))
            await settle()
        source.gate.set()
        return waiting

    yield ask
    await cache.close()


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_has_time_is_not_shed_by_the_deadline_of_whoever_began_the_call(ask, source):
    first, *joined = await ask(SHORT_S, LONG_S, LONG_S, LONG_S)
    with pytest.raises(OverloadedError):
        await first
    source.gate.set()

    assert await asyncio.gather(*joined) == [Served(INVOICE)] * 3
    assert source.calls == ["G1"] * 2


async def test_who_began_a_call_that_was_shed_makes_no_other(ask, source):
    (first,) = await ask(SHORT_S)
    with pytest.raises(OverloadedError):
        await first

    assert source.calls == ["G1"]


async def test_nor_by_that_of_another_who_joined_with_them(ask, source):
    first, second, third = await ask(SHORT_S, SHORT_S, LONG_S)
    for shed in (first, second):
        with pytest.raises(OverloadedError):
            await shed
        source.gate.set()

    assert await third == Served(INVOICE)
    assert source.calls == ["G1"] * 3
