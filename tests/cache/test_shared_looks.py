"""A look into the store that replicas share: one for all who need it now, no longer than it must be, and void when the
scope is refused meanwhile."""

import asyncio
import threading
from contextlib import asynccontextmanager

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Replicas, Stock
from gateway.errors import ForbiddenError
from gateway.freshness import ANY_AGE, Served, Windows
from tests.fakes import FakeClock, operation, scope

pytestmark = [pytest.mark.anyio, pytest.mark.redis, pytest.mark.usefixtures("patient")]

WINDOWS = Windows(fresh_s=10, stale_s=20, stale_if_error_s=100)
OLD, NEW = Invoice("G1", state="old"), Invoice("G1", state="new")


class Decoding:
    """The decoding of large values, in a thread, which stands still while it is held."""

    def __init__(self):
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self, value):
        self.begun.set()
        assert self.goes_on.wait(10)
        return value

    @asynccontextmanager
    async def held(self):
        """Runs its block once somebody waits for a decoding, which goes on after it."""
        await asyncio.to_thread(self.begun.wait, 10)
        yield
        self.goes_on.set()

    def hold(self):
        self.begun.clear()
        self.goes_on.clear()


class Shop:
    """Replicas before one upstream. Another replica has read OLD a second ago; what is read from now on is NEW."""

    def __init__(self, open_store):
        self._open_store = open_store
        self.asked = []
        self.calls = []
        self.answer = OLD
        self.clock = FakeClock()
        self.decoding = Decoding()
        self._large = Entity("invoices", Invoice | None, unpack=self.decoding, is_large=True)
        self._small = Entity("invoice", Invoice | None)

    async def _read(self, _operation):
        self.calls.append(self.answer)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def replica(self):
        """A replica with nothing in its memory; the ids that its store is asked for are noted."""
        store = self._open_store()
        get_many = store.get_many

        async def noted(keys, **options):
            self.asked.append([key.rpartition(":")[2] for key in keys])
            return await get_many(keys, **options)

        store.get_many = noted
        return ReadThroughCache(Stock(BoundedMemoryCache(1024**2), Replicas(store, self.clock), self.clock))

    def reading(self, key="G1", *, is_large=True):
        entity = self._large if is_large else self._small
        return Reading(Key(scope(), entity, key), self._read, lambda _value: WINDOWS)

    async def load(self, replica, reading):
        return await replica.load(reading, operation())

    async def look(self, replica, *readings):
        found = await replica.look(readings, ANY_AGE)
        return {key.id: each.served for key, each in found.items()}

    async def refuse(self, replica):
        """Upstream refuses the scope, which this replica learns by another reading."""
        self.answer = ForbiddenError("no", "2032")
        with pytest.raises(ForbiddenError):
            await self.load(replica, self.reading("G9"))
        self.answer = NEW


@pytest.fixture
async def shop(open_store):
    opened = Shop(open_store)
    first = opened.replica()
    for key, is_large in (("G1", True), ("G2", True), ("G1", False)):
        await opened.load(first, opened.reading(key, is_large=is_large))
    opened.clock.now_s += 1
    opened.answer = NEW
    opened.asked.clear()
    opened.calls.clear()
    return opened


async def test_all_who_look_for_the_same_at_once_ask_the_store_once(shop):
    replica = shop.replica()

    looks = (shop.look(replica, shop.reading("G1"), shop.reading("G2")) for _ in range(50))
    found = await asyncio.gather(*looks)

    assert found == [{"G1": Served(OLD, 1), "G2": Served(OLD, 1)}] * 50
    assert shop.asked == [["", "G1", "G2"]]


async def test_what_one_look_names_several_times_is_fetched_once(shop):
    found = await shop.look(shop.replica(), shop.reading(), shop.reading(), shop.reading())

    assert found == {"G1": Served(OLD, 1)}
    assert shop.asked == [["", "G1"]]


@pytest.mark.parametrize(("is_large", "asked"), [(True, []), (False, [["", "G1"]] * 3)], ids=["large", "small"])
async def test_what_is_large_and_served_at_once_is_not_fetched_for_each_caller_while_stale(shop, is_large, asked):
    replica, reading = shop.replica(), shop.reading(is_large=is_large)
    await shop.look(replica, reading)
    shop.clock.now_s += 10
    shop.asked.clear()

    assert [await shop.look(replica, reading) for _ in range(3)] == [{"G1": Served(OLD, 11, "RENEWING")}] * 3
    assert shop.asked == asked


async def test_what_is_large_is_looked_for_elsewhere_once_it_is_only_a_last_resort(shop):
    first, second = shop.replica(), shop.replica()
    await shop.look(second, shop.reading())
    shop.clock.now_s += 40
    await shop.load(first, shop.reading())

    assert await shop.look(second, shop.reading()) == {"G1": Served(NEW, 0)}


async def test_a_refusal_during_a_look_leaves_it_empty_handed(shop):
    replica = shop.replica()
    shop.decoding.hold()
    looking = asyncio.create_task(shop.look(replica, shop.reading()))
    async with shop.decoding.held():
        await shop.refuse(replica)

    assert await looking == {}
    assert await shop.look(replica, shop.reading()) == {}


async def test_a_refusal_during_the_look_before_a_call_has_it_read_anew_and_not_kept(shop):
    replica = shop.replica()
    shop.decoding.hold()
    loading = asyncio.create_task(shop.load(replica, shop.reading()))
    async with shop.decoding.held():
        await shop.refuse(replica)

    assert await loading == Served(NEW)
    assert [type(each) for each in shop.calls] == [ForbiddenError, Invoice]
    assert await shop.look(replica, shop.reading()) == {}
