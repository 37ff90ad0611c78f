"""Answers that are read together: each is kept, refused and told as one that is read alone."""

import asyncio
import time

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Stock
from gateway.cache.entry import Entry
from gateway.errors import ForbiddenError, UpstreamUnavailableError
from gateway.freshness import CacheControl, Windows
from tests.fakes import operation, scope

pytestmark = pytest.mark.anyio

INVOICE = Entity("invoice", Invoice | None)
IDS = ("G1", "G2", "G3")


class Arriving:
    """Upstream's side of what is read together: what is put in arrives; what is left is remembered."""

    def __init__(self, ids):
        self.ids = ids
        self.left = []
        self.coming = asyncio.Queue()
        self.has_ended = False

    async def arrivals(self):
        try:
            for _ in self.ids:
                yield await self.coming.get()
        finally:
            self.has_ended = True

    def leave(self, place):
        self.left.append(self.ids[place])


class Source:
    """Reads together."""

    def __init__(self):
        self.batches = []

    def together(self, _operation, ids):
        self.batches.append(Arriving(ids))
        return self.batches[-1]

    def readings(self, ids=IDS, *, together=True):
        return [
            Reading(
                Key(scope("token-1"), INVOICE, each),
                self.alone,
                lambda _value: Windows(10.0),
                together=self.together if together else None,
            )
            for each in ids
        ]

    async def alone(self, _operation):
        return Invoice("alone")


async def loading(cache, source, ids=IDS):
    task = asyncio.create_task(cache.load_all(source.readings(ids), operation()))
    await asyncio.sleep(0.01)
    return task


async def kept(cache, source):
    found = await cache.look(source.readings(), CacheControl())
    return {key.id: each.served.value for key, each in found.items()}


@pytest.mark.parametrize("memory", [BoundedMemoryCache(1024**2), None], ids=["kept", "unkept"])
async def test_each_is_told_and_kept_and_a_failure_is_its_own(memory):
    cache, source = ReadThroughCache(Stock(memory)), Source()
    task = await loading(cache, source)
    failure = UpstreamUnavailableError("no")
    for answer in ((2, Invoice("G3")), (1, failure), (0, None)):
        source.batches[0].coming.put_nowait(answer)
    answers = await task

    assert [getattr(each, "value", each) for each in answers] == [None, failure, Invoice("G3")]
    assert await kept(cache, source) == ({"G1": None, "G3": Invoice("G3")} if memory else {})
    assert [batch.ids for batch in source.batches] == [list(IDS)]
    await cache.close()


async def test_a_refusal_of_one_drops_what_is_kept_and_what_comes_after_it():
    cache, source = ReadThroughCache(Stock(BoundedMemoryCache(1024**2))), Source()
    task = await loading(cache, source)
    for answer in ((0, Invoice("G1")), (1, ForbiddenError("no")), (2, Invoice("G3"))):
        source.batches[0].coming.put_nowait(answer)
    answers = await task

    assert [type(getattr(each, "value", each)) for each in answers] == [Invoice, ForbiddenError, Invoice]
    assert await kept(cache, source) == {}
    await cache.close()


async def test_one_alone_and_what_is_never_read_together_is_read_by_itself():
    cache, source = ReadThroughCache(Stock(None)), Source()
    one = await cache.load_all(source.readings(IDS[:1]), operation())
    both = await cache.load_all(source.readings(IDS[:2], together=False), operation())

    assert [each.value for each in one + both] == [Invoice("alone")] * 3
    assert source.batches == []


async def test_who_leaves_leaves_what_nobody_else_waits_for():
    cache, source = ReadThroughCache(Stock(None)), Source()
    leaving = await loading(cache, source)
    staying = await loading(cache, source, IDS[1:2])
    leaving.cancel()
    await asyncio.wait((leaving,))
    source.batches[0].coming.put_nowait((1, Invoice("G2")))

    assert [each.value for each in await staying] == [Invoice("G2")]
    assert source.batches[0].left == ["G1", "G3"]
    assert len(source.batches) == 1


async def test_a_fault_in_the_midst_is_told_to_all_that_have_not_arrived():
    cache, source = ReadThroughCache(Stock(None)), Source()
    task = await loading(cache, source)
    source.batches[0].coming.put_nowait((0, Invoice("G1")))
    source.batches[0].coming.put_nowait("neither place nor answer")
    answers = await task

    assert answers[0].value == Invoice("G1")
    assert [type(each) for each in answers[1:]] == [ValueError, ValueError]
    assert source.batches[0].has_ended


async def test_closing_ends_it():
    cache, source = ReadThroughCache(Stock(None)), Source()
    task = await loading(cache, source)
    closing = asyncio.create_task(cache.close())
    await asyncio.sleep(0.01)
    is_awaited = not closing.done()
    for place in range(3):
        source.batches[0].coming.put_nowait((place, Invoice("late")))
    await asyncio.wait_for(closing, 5)

    assert is_awaited
    assert [type(each) for each in await task] == [asyncio.CancelledError] * 3
    assert sorted(source.batches[0].left) == list(IDS)
    assert source.batches[0].has_ended


async def test_what_another_has_just_brought_is_not_waited_for():
    memory = BoundedMemoryCache(1024**2)
    cache, source = ReadThroughCache(Stock(memory)), Source()
    task = asyncio.create_task(cache.load_all(source.readings(), operation()))
    await asyncio.sleep(0)
    now_s = time.time()
    memory.put(str(source.readings()[0].key), Entry(scope("token-1"), Invoice("G1"), now_s, now_s, Windows(10.0), 1))
    await asyncio.sleep(0.01)
    left = list(source.batches[0].left)
    for place in (1, 2):
        source.batches[0].coming.put_nowait((place, Invoice(IDS[place])))

    assert [each.value for each in await task] == [Invoice(each) for each in IDS]
    assert left == ["G1"]
    source.batches[0].coming.put_nowait((0, Invoice("late")))
    await cache.close()
