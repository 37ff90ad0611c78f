"""This while: what is kept, for how long, and under which key."""

import asyncio

import pytest

from gateway.billing import Invoice
from gateway.cache import BoundedMemoryCache, Entity, Key, Reading, ReadThroughCache, Stock
from gateway.errors import UpstreamUnavailableError
from gateway.freshness import CacheControl, Windows
from tests.fakes import FakeClock, operation, scope

pytestmark = pytest.mark.anyio

INVOICE = Entity("invoice", Invoice | None)
MIB = 1024**2
WINDOWS = Windows(10.0)


class Source:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    async def __call__(self, _operation):
        self.calls += 1
        answer = self.answers[min(self.calls, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def key(invoice_id="G1", identity="token-1"):
    return Key(scope(identity), INVOICE, invoice_id)


def reading(source=None, wanted=None, windows=WINDOWS):
    return Reading(wanted or key(), source or Source(), lambda _value: windows)


async def load(cache, source):
    return (await cache.load(reading(source), operation())).value


async def look(cache, wanted=None):
    found = await cache.look([reading(wanted=wanted)], CacheControl())
    return {key: kept.served.value for key, kept in found.items()}


async def test_an_answer_is_kept_for_its_fresh_window_and_no_longer():
    clock = FakeClock()
    cache = ReadThroughCache(Stock(BoundedMemoryCache(MIB), clock=clock))
    await load(cache, Source(Invoice("G1")))

    clock.now_s += 9.9
    within = await look(cache)
    clock.now_s += 0.1
    after = await look(cache)

    assert within == {key(): Invoice("G1")}
    assert after == {}


async def test_that_there_is_none_is_an_answer_too():
    cache = ReadThroughCache(Stock(BoundedMemoryCache(MIB)))
    await load(cache, Source(None))

    assert await look(cache) == {key(): None}


async def test_a_failure_is_not_kept():
    cache, source = (
        ReadThroughCache(Stock(BoundedMemoryCache(MIB))),
        Source(UpstreamUnavailableError("no"), Invoice("G1")),
    )
    with pytest.raises(UpstreamUnavailableError):
        await load(cache, source)

    assert await look(cache) == {}
    assert await load(cache, source) == Invoice("G1")


async def test_who_looked_just_before_an_answer_came_gets_it_without_a_call():
    cache, source = ReadThroughCache(Stock(BoundedMemoryCache(MIB))), Source(Invoice("G1"))
    await load(cache, source)
    await load(cache, source)

    assert source.calls == 1


async def test_no_answer_is_found_in_another_scope():
    cache = ReadThroughCache(Stock(BoundedMemoryCache(MIB)))
    await load(cache, Source(Invoice("G1")))

    assert await look(cache, key(identity="token-2")) == {}


async def test_a_cache_that_keeps_nothing_still_shares_calls():
    cache, source = ReadThroughCache(Stock(None)), Source(Invoice("G1"))
    await asyncio.gather(*(load(cache, source) for _ in range(20)))

    assert source.calls == 1
    assert await look(cache) == {}


def test_no_two_keys_have_one_text():
    parts = ["a", "b", "a:b", "", ":", "%3A", "a%3Ab"]
    keys = [Key(scope(identity), Entity(name, str), id_) for identity in parts for name in parts for id_ in parts]

    assert len({str(each) for each in keys}) == len(keys)


def test_a_keys_text_names_all_of_it():
    assert str(key("G000100001")) == "partner-center-gateway:2:public::token-1:invoice:G000100001"
