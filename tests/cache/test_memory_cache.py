"""The store of this process is bounded in bytes and forgets what was used longest ago."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.entry import Entry
from gateway.cache.memory import BoundedMemoryCache
from gateway.freshness import Windows
from tests.fakes import scope

pytestmark = pytest.mark.anyio


def entry(size_bytes, identity="token-1"):
    return Entry(scope(identity), "value", 0.0, 0.0, Windows(1e12), size_bytes)


async def kept(cache, *keys):
    return [key for key, found in zip(keys, await cache.multi_get(list(keys)), strict=True) if found]


async def test_what_was_used_longest_ago_goes_first():
    cache = BoundedMemoryCache(30)
    for key in "abc":
        await cache.set(key, entry(10))
    await cache.get("a")
    await cache.set("d", entry(10))

    assert await kept(cache, "a", "b", "c", "d") == ["a", "c", "d"]
    assert cache.size_bytes == 30


async def test_an_entry_larger_than_the_bound_is_not_kept_and_drops_nothing_else():
    cache = BoundedMemoryCache(30)
    await cache.set("a", entry(10))
    await cache.set("b", entry(31))

    assert await kept(cache, "a", "b") == ["a"]


async def test_an_entry_larger_than_the_bound_still_replaces_the_one_before_it():
    cache = BoundedMemoryCache(30)
    await cache.set("a", entry(10))
    await cache.set("a", entry(31))

    assert await kept(cache, "a") == []
    assert cache.size_bytes == 0


async def test_replacing_and_deleting_give_their_bytes_back():
    cache = BoundedMemoryCache(30)
    await cache.set("a", entry(20))
    await cache.set("a", entry(5))
    after_replacing = cache.size_bytes
    await cache.delete("a")
    await cache.delete("a")

    assert after_replacing == 5
    assert cache.size_bytes == 0
    assert len(cache) == 0


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)), max_size=60), st.integers(0, 60))
async def test_the_bytes_held_are_the_sum_of_the_entries_and_never_above_the_bound(writes, max_bytes):
    cache = BoundedMemoryCache(max_bytes)
    for key, size_bytes in writes:
        await cache.set(key, entry(size_bytes))

        assert cache.size_bytes == sum(found.size_bytes for name in "abcdef" if (found := cache.peek(name)))
        assert cache.size_bytes <= max_bytes


async def test_a_scope_is_dropped_whole_and_alone():
    cache = BoundedMemoryCache(60)
    for key, identity in (("a", "one"), ("b", "two"), ("c", "one")):
        await cache.set(key, entry(10, identity))
    cache.drop(scope("one"))
    cache.drop(scope("three"))

    assert await kept(cache, "a", "b", "c") == ["b"]
    assert (cache.size_bytes, cache.scopes) == (10, 1)


async def test_a_failure_is_noted_of_what_is_there_and_of_nothing_else():
    cache = BoundedMemoryCache(60)
    await cache.set("a", entry(10))
    cache.note_failure("a", "UPSTREAM_TIMEOUT", 5.0)
    cache.note_failure("b", "UPSTREAM_TIMEOUT", 5.0)

    assert (await cache.get("a")).failure == "UPSTREAM_TIMEOUT"
    assert len(cache) == 1
