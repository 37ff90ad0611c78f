"""Long bodies share a room; short ones need none."""

import asyncio

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.e2e.waiting import in_flight, wait_for
from tests.web.error_shape import JSON, assert_refused

pytestmark = pytest.mark.anyio

MAX_BODY_BYTES = 64 * 1024
# Eight of the longest, less what each may be without needing room.
FIT = 8 * 64 // (64 - 16)
TYPENAME = {"data": {"__typename": "Query"}}


def body_of(length):
    body = b'{"query": "{__typename}"}'
    return body + b" " * (length - len(body))


@pytest.fixture
async def http(sandbox):
    app = create_app(Settings(upstream_url=sandbox.url, max_body_bytes=MAX_BODY_BYTES))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        client.headers = {"Authorization": "Bearer sandbox-partner-1", "Content-Type": JSON}
        yield client


async def half_sent(http, how_many):
    """So many long bodies but for their last byte; and what lets them end."""
    goes_on, sent = asyncio.Event(), asyncio.Semaphore(0)

    async def body():
        yield body_of(MAX_BODY_BYTES - 1)
        sent.release()
        await goes_on.wait()
        yield b" "

    asking = [asyncio.create_task(http.post("/graphql", content=body())) for _ in range(how_many)]
    async with asyncio.timeout(20):
        for _ in asking:
            await sent.acquire()
    return goes_on, asking


async def test_long_bodies_that_have_no_room_are_overloaded_and_short_ones_are_answered_meanwhile(http):
    goes_on, asking = await half_sent(http, FIT)
    refused = await http.post("/graphql", content=body_of(MAX_BODY_BYTES))
    short = await http.post("/graphql", content=body_of(16 * 1024))
    goes_on.set()
    answers = await asyncio.gather(*asking)

    assert_refused(refused, 503, "Too many long bodies are being read.", code="OVERLOADED", retry_after="1")
    assert (short.status_code, short.json()) == (200, TYPENAME)
    assert [answer.json() for answer in answers] == [TYPENAME] * FIT


async def test_the_room_is_free_again_once_bodies_are_answered_refused_or_given_up(http):
    for _ in range(3):
        goes_on, asking = await half_sent(http, FIT)
        for given_up in asking[: FIT // 2]:
            given_up.cancel()
        goes_on.set()
        await asyncio.gather(*asking, return_exceptions=True)
        assert (await http.post("/graphql", content=body_of(MAX_BODY_BYTES + 1))).status_code == 413
        assert (await http.post("/graphql", content=b"x" * MAX_BODY_BYTES)).status_code == 400


async def test_the_room_is_kept_until_the_answer_is_there(http, sandbox):
    """Variables live as long as their operation."""
    sandbox.faults({"latency_ms": 400})
    query = b'{"query": "{invoiceSummaries {totalCount}}"}'
    padded = query + b" " * (MAX_BODY_BYTES - len(query))
    asking = [asyncio.create_task(http.post("/graphql", content=padded)) for _ in range(FIT)]
    await asyncio.to_thread(wait_for, lambda: in_flight(sandbox) > 0, 10)
    await asyncio.sleep(0.1)
    during = await http.post("/graphql", content=body_of(MAX_BODY_BYTES))
    answers = await asyncio.gather(*asking)
    after = await http.post("/graphql", content=body_of(MAX_BODY_BYTES))

    assert during.status_code == 503
    assert [answer.status_code for answer in answers] == [200] * FIT
    assert after.status_code == 200
