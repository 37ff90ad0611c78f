"""A real Redis shared by replicas; when it fails, it is as if it were empty."""

import asyncio

import pytest
import redis

from gateway.cache.redis_store import RedisStore

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

SUMMARIES = "{ invoiceSummaries { items { balanceAmount invoices(first: 5) { nodes { id totalCharges } } } } }"


@pytest.fixture
def url(redis_server, patient):
    return f"redis://127.0.0.1:{redis_server.port}/3"


@pytest.fixture
async def store(url):
    opened = RedisStore(url)
    yield opened
    await opened.close()


async def test_many_keys_are_read_at_once_in_order(store):
    await store.set("a", b"1", 10)
    await store.set("c", b"\xff\x00", 10)

    assert await store.get_many(["a", "b", "c"]) == [b"1", None, b"\xff\x00"]


async def test_a_value_ends_with_its_lifetime(store, redis_server):
    await store.set("a", b"1", 12.5)

    with redis.Redis(port=redis_server.port, db=3) as direct:
        assert 12_000 < direct.pttl("a") <= 12_500


async def test_two_replicas_share_what_one_of_them_read(start_gateway, sandbox, url):
    first, second = await start_gateway(cache_url=url), await start_gateway(cache_url=url)

    data = await first.ask(SUMMARIES)
    sandbox.take_calls()

    assert await second.ask(SUMMARIES) == data
    assert sandbox.take_calls() == []


async def test_replicas_share_an_invoice_and_that_there_is_none(start_gateway, sandbox, url):
    first, second = await start_gateway(cache_url=url), await start_gateway(cache_url=url)
    document = (
        '{ a: invoice(id: "G000100001") { id pdfDownloadLink totalCharges } b: invoice(id: "G999999999") { id } }'
    )

    data = await first.ask(document)
    sandbox.take_calls()

    assert await second.ask(document) == data
    assert sandbox.take_calls() == []


async def test_replicas_keep_scopes_apart(start_gateway, sandbox, url):
    first, second = await start_gateway(cache_url=url), await start_gateway(token="other", cache_url=url)
    document = '{ invoice(id: "G000100001") { totalCharges } }'

    assert await first.ask(document) != await second.ask(document)
    assert len(sandbox.take_calls()) == 2


async def test_no_token_stands_in_a_key(start_gateway, url, redis_server):
    gateway = await start_gateway(token="a-very-secret-token", cache_url=url)
    await gateway.ask(SUMMARIES)

    with redis.Redis(port=redis_server.port, db=3) as direct:
        keys = direct.keys()
        values = [direct.get(key) for key in keys]
    assert len(keys) == 3  # Two answers, and their scope's generation.
    assert not any(b"a-very-secret-token" in text for text in [*keys, *values])


async def test_a_dead_store_costs_no_answer_and_heals(start_gateway, sandbox, url, redis_server):
    gateway, other = await start_gateway(cache_url=url), await start_gateway(cache_url=url)
    redis_server.stop()
    async with asyncio.timeout(5):
        data = await gateway.ask(SUMMARIES)
    ready = (await gateway.http.get("/readyz")).json()
    redis_server.start()
    healed = (await gateway.http.get("/readyz")).json()
    sandbox.take_calls()
    again = await other.ask(SUMMARIES)

    assert ready == {"status": "degraded", "checks": {"cache": "degraded"}}
    assert healed == {"status": "ok", "checks": {"cache": "ok"}}
    assert again == data


async def test_garbage_under_our_keys_is_as_if_it_were_not_there(start_gateway, sandbox, url, redis_server):
    gateway = await start_gateway(cache_url=url)
    data = await gateway.ask(SUMMARIES)
    with redis.Redis(port=redis_server.port, db=3) as direct:
        for number, key in enumerate(direct.keys()):
            direct.set(key, [b"\xc1garbage", b"\x92\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xa3abc"][number % 2])
    sandbox.take_calls()
    other = await start_gateway(cache_url=url)

    assert await other.ask(SUMMARIES) == data
    assert sandbox.take_calls() == ["/v1/invoices/summaries", "/v1/invoices?size=500&offset=0"]
