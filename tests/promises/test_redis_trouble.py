"""A Redis that is frozen, dead, full, emptied or holding garbage, ten seconds each, under two replicas with callers.

Every answer is right and comes within a second, and when the trouble is over the replicas share what they read again.
"""

import asyncio
import itertools
import time

import httpx
import pytest
import redis

from gateway.sandbox import create_sandbox
from gateway.sandbox.server import serve_in_thread
from tests.redis_garbage import GARBAGE, replace_all
from tests.redis_server import RedisServer
from tests.sandbox_control import SandboxControl

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

TROUBLE_S = 10
CALLERS = 4
TOKENS = [f"sandbox-partner-{number}" for number in range(1, 41)]
LISTED = "{ invoices(first: 100) { nodes { id totalCharges } } }"
BY_ID = "query($id: ID!) { invoice(id: $id) { id totalCharges pdfDownloadLink } }"


def freeze(server, _direct):
    server.freeze()


def thaw(server, _direct):
    server.thaw()


def stop(server, _direct):
    server.stop()


def start_again(server, _direct):
    server.start()


def fill(_server, direct):
    direct.config_set("maxmemory", 1)


def make_room(_server, direct):
    direct.config_set("maxmemory", 0)


def put_garbage(_server, direct):
    replace_all(direct, list(GARBAGE))


def empty(_server, direct):
    direct.flushall()


def leave(_server, _direct):
    pass


@pytest.fixture
def redis_server(need, tmp_path):
    server = RedisServer(need("redis-server"), tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def large_sandbox():
    with serve_in_thread(create_sandbox()) as url, SandboxControl(url) as control:
        yield control


class Callers:
    """Callers of two replicas, who know what is true."""

    def __init__(self, http, sandbox, urls):
        self.http = http
        self.sandbox = sandbox
        self.urls = urls
        self.truth = {}
        self.slowest_s = 0.0
        self.answers = 0
        self._questions = iter(())

    async def ask(self, url, token, document, **variables):
        answer = await self.http.post(
            f"{url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]

    async def learn(self, url):
        """What is true, from a gateway that keeps nothing."""
        for token in TOKENS:
            nodes = (await self.ask(url, token, LISTED))["invoices"]["nodes"]
            self.truth |= {(token, node["id"]): node["totalCharges"] for node in nodes}
        # Each invoice is asked for at one replica, then at the other: what has been asked last is not in memory there.
        self._questions = itertools.cycle((url, *key) for key in self.truth for url in self.urls)

    async def check(self, url, token, invoice_id):
        started_s = time.monotonic()
        invoice = (await self.ask(url, token, BY_ID, id=invoice_id))["invoice"]
        self.slowest_s = max(self.slowest_s, time.monotonic() - started_s)
        self.answers += 1
        assert (invoice["id"], invoice["totalCharges"]) == (invoice_id, self.truth[token, invoice_id])

    async def call_for(self, seconds, again=lambda: None):
        until_s = time.monotonic() + seconds

        async def call():
            while time.monotonic() < until_s:
                again()
                await self.check(*next(self._questions))
                await asyncio.sleep(0.02)

        await asyncio.gather(*(call() for _ in range(CALLERS)))

    async def shares_again(self):
        """Whether replicas do, within a few seconds: one call for an answer that both of them give."""
        for number in range(100):
            token = f"sandbox-partner-healed-{number}-{self.answers}"
            await self.ask(self.urls[0], token, LISTED)
            self.sandbox.take_calls()
            await self.ask(self.urls[1], token, LISTED)
            if self.sandbox.take_calls() == []:
                return True
            await asyncio.sleep(0.1)
        return False


@pytest.mark.parametrize(
    "trouble",
    [
        (freeze, leave, thaw),
        (stop, leave, start_again),
        (fill, leave, make_room),
        (put_garbage, put_garbage, leave),
        (empty, empty, leave),
    ],
    ids=["frozen", "dead", "full", "garbage", "emptied"],
)
async def test_a_redis_in_trouble(start, redis_server, large_sandbox, trouble):
    begin, again, end = trouble
    settings = {"GATEWAY_PORT": "0", "GATEWAY_UPSTREAM_URL": large_sandbox.url, "GATEWAY_AUTH": "passthrough"}
    stored = {"GATEWAY_CACHE_URL": f"redis://127.0.0.1:{redis_server.port}"}
    replicas = [start("serve", **settings, **stored) for _ in range(2)]
    truthful = start("serve", **settings, GATEWAY_CACHE_URL="none://")
    with redis.Redis(port=redis_server.port, socket_timeout=30) as direct:
        async with httpx.AsyncClient(timeout=30) as http:
            callers = Callers(http, large_sandbox, [replica.url for replica in replicas])
            await callers.learn(truthful.url)
            assert await callers.shares_again()
            await callers.call_for(2)

            begin(redis_server, direct)
            calls = itertools.count()
            await callers.call_for(TROUBLE_S, lambda: again(redis_server, direct) if next(calls) % 20 == 0 else None)
            end(redis_server, direct)
            healing_s = time.monotonic()
            assert await callers.shares_again()
            healing_s = time.monotonic() - healing_s
            await callers.call_for(2)

    print(f"{callers.answers} answers, slowest {callers.slowest_s:.3f} s, shared again after {healing_s:.2f} s")
    assert callers.slowest_s < 1
    assert callers.answers > 200
