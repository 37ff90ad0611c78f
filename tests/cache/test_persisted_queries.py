"""Documents by their hashes: bounded in bytes here, shared by replicas, and nothing but what has the hash."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache import PersistedQueries, sha256_of

pytestmark = pytest.mark.anyio

DOCUMENT = "{invoiceSummaries {totalCount}}"
SHA256 = sha256_of(DOCUMENT)
KEY = f"partner-center-gateway:persisted-query:{SHA256}"
DAY_S = 86400


class FakeStore:
    """Remembers what it was asked, and has what a test puts there."""

    def __init__(self):
        self.asked = []
        self.values = {}

    async def get_many(self, keys):
        self.asked += keys
        return [self.values.get(key) for key in keys]

    async def set(self, key, value, ttl_s):
        self.values[key] = value
        self.asked.append((key, ttl_s))


async def test_a_document_is_found_by_its_hash():
    queries = PersistedQueries(8192)
    await queries.keep("{a} # ŝ")

    assert sha256_of("{a} # ŝ") == "4290b85281b4ad5ffd14e90f90409ce738af1e545eb92b22c1c1809d8b2730e5"
    assert await queries.find(sha256_of("{a} # ŝ")) == "{a} # ŝ"
    assert await queries.find(sha256_of("{a}")) is None


async def test_the_least_used_go_first():
    queries = PersistedQueries(8 * 260)
    documents = [f"{{{letter}}}" for letter in "abcdefghij"]
    for document in documents:
        await queries.keep(document)
        await queries.find(sha256_of("{a}"))

    kept = [document for document in documents if sha256_of(document) in queries]
    assert (kept, len(queries), queries.size_bytes) == (
        ["{a}", "{d}", "{e}", "{f}", "{g}", "{h}", "{i}", "{j}"],
        8,
        2072,
    )


@given(st.lists(st.integers(0, 1500), max_size=40), st.integers(0, 8192))
async def test_however_many_come_they_take_no_more_room_than_there_is(lengths, max_bytes):
    queries = PersistedQueries(max_bytes)
    for length in lengths:
        await queries.keep("x" * length)
        assert queries.size_bytes <= max_bytes


async def test_they_take_no_more_memory_than_is_reckoned():
    queries = PersistedQueries(1024**2)
    documents = [f"{{a}} {number:300}" for number in range(1500)]
    tracemalloc.start()
    for document in documents:
        await queries.keep(document)
    taken_bytes, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(queries) == 1500
    assert taken_bytes < queries.size_bytes


async def test_a_document_of_more_than_an_eighth_of_the_room_is_not_kept():
    queries, fits = PersistedQueries(8192), "x" * (1024 - 256)
    await queries.keep(fits)
    await queries.keep(fits + "x")

    assert (sha256_of(fits) in queries, len(queries)) == (True, 1)


async def test_what_one_replica_was_sent_another_knows():
    store = FakeStore()
    await PersistedQueries(8192, store).keep(DOCUMENT)
    other = PersistedQueries(8192, store)

    assert await other.find(SHA256) == DOCUMENT
    assert await other.find(SHA256) == DOCUMENT
    assert store.asked == [(KEY, DAY_S), KEY]


async def test_what_has_not_the_hash_or_is_no_text_is_not_the_document():
    store = FakeStore()
    no_text = hashlib.sha256(b"\xff").hexdigest()
    store.values = {KEY: b"{another}", KEY.replace(SHA256, no_text): b"\xff"}
    queries = PersistedQueries(8192, store)

    assert (await queries.find(SHA256), await queries.find(no_text), len(queries)) == (None, None, 0)


@pytest.mark.parametrize("said", ["", "*", SHA256[:-1], SHA256.upper(), f"{SHA256}\n", f"{SHA256[:-1]}g"])
async def test_what_is_no_hash_is_asked_of_nobody(said):
    store = FakeStore()

    assert await PersistedQueries(8192, store).find(said) is None
    assert store.asked == []
