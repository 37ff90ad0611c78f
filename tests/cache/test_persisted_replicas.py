"""A document that one replica was sent is known to all who share a Redis, and to none who share garbage."""

import pytest

from gateway.cache import sha256_of
from tests.redis_garbage import GARBAGE, replace_all

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

DOCUMENT = '{invoice(id: "G000100001") {id}}'
HASHED = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(DOCUMENT)}}}
DATA = {"data": {"invoice": {"id": "G000100001"}}}


async def asked(gateway, **more):
    answer = await gateway.http.post(
        "/graphql", json=HASHED | more, headers={"Authorization": "Bearer sandbox-partner-1"}
    )
    return answer.json()


async def test_replicas_know_what_one_was_sent(start_gateway, redis_server, direct, patient):
    first, second, third = [await start_gateway(cache_url=f"redis://127.0.0.1:{redis_server.port}") for _ in range(3)]

    assert (await asked(second))["errors"][0]["message"] == "PersistedQueryNotFound"
    assert await asked(first, query=DOCUMENT) == DATA
    assert await asked(second) == DATA
    for garbage in GARBAGE:
        replace_all(direct, [garbage])
        assert (await asked(third))["errors"][0]["message"] == "PersistedQueryNotFound"
    assert await asked(second) == DATA
