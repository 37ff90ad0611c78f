"""No token in any log line at debug level, in an error, in a trace, or in clear in a key."""

import asyncio
import base64
import io
import json
import logging
import socket
import sys

import httpx
import pytest
import redis
import structlog

from gateway.cache.memory import BoundedMemoryCache
from gateway.caller import Caller, Scope
from gateway.operation import Budget, Deadline, Operation
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.refresh_token_store import Held
from gateway.settings import Settings
from gateway.telemetry import configure_logging
from tests.e2e.gateway_process import GatewayProcess
from tests.redis_server import RedisServer

pytestmark = pytest.mark.anyio

SECRET = "sandbox-7e1c5a9d3b"
# A JWT, whose parts are as secret as the whole; the last one is what makes it work.
PARTS = [
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (
        b'{"alg":"RS256","typ":"JWT"}',
        b'{"sub":"who-this-is-nobody-may-read"}',
        b"a-signature-of-32-bytes-or-more",
    )
]
JWT = ".".join(PARTS)
DOCUMENT = '{invoiceSummaries {totalCount} invoicesById(ids: ["G000100001", "G999999999"]) {id}}'
FAULTS = [
    [],
    [{"status": 401}],
    [{"status": 403}],
    [{"status": 404}],
    [{"status": 429}],
    [{"status": 500}],
    [{"status": 302}],
    [{"latency_ms": 1500}],
    [{"cut": 5}],
    [{"status": 200, "body": "raw", "raw": "not JSON"}],
]


def shown(text):
    """The secrets that a text shows, whole or in a part that is as good."""
    return [secret for secret in (SECRET, *PARTS[1:]) if secret in text]


@pytest.fixture
def logged():
    """Everything that is logged at debug level, as `gateway serve` writes it, and by libraries that it quiets."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quieted = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "asyncio", "aiohttp.client")}
    root.handlers = []
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        configure_logging("debug")
        yield sys.stderr
    finally:
        sys.stderr = stderr
        root.handlers = handlers
        root.setLevel(level)
        for name, before in quieted.items():
            logging.getLogger(name).setLevel(before)
        structlog.reset_defaults()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_neither_logs_nor_answers_show_a_token_whatever_upstream_does(start_gateway, sandbox, logged, fault):
    gateway = await start_gateway(None, deadline_s=1)
    sandbox.faults(*fault)
    logging.getLogger("gateway").debug("debug lines are written")
    responses = await asyncio.gather(*(gateway.post(DOCUMENT, token=token) for token in (SECRET, JWT)))
    written = logged.getvalue()

    assert json.loads(written.splitlines()[0])["event"] == "debug lines are written"
    assert shown(written) == []
    assert [shown(response.text + str(response.headers)) for response in responses] == [[], []]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_neither_logs_nor_a_document_show_a_token_whatever_upstream_does(start_gateway, sandbox, logged, fault):
    http = (await start_gateway(None, deadline_s=1)).http
    # Before it has begun, since httpx's transport for tests cannot end a connection.
    sandbox.faults(*[rule | {"cut": 3} if "cut" in rule else rule for rule in fault])
    logging.getLogger("gateway").debug("debug lines are written")
    path = "/documents/invoices/G000100001/statement"
    responses = [await http.get(path, headers={"Authorization": f"Bearer {token}"}) for token in (SECRET, JWT)]
    written = logged.getvalue()

    assert json.loads(written.splitlines()[0])["event"] == "debug lines are written"
    assert shown(written) == []
    assert [shown(response.text + str(response.headers)) for response in responses] == [[], []]


@pytest.mark.parametrize(
    "authorization",
    [
        [f"Basic {SECRET}"],
        [SECRET],
        [f"Bearer {SECRET} {SECRET}"],
        [f"Bearer  {SECRET},"],
        [f"Bearer {SECRET}", f"Bearer {JWT}"],
        [f"Bearer {JWT}é"],
    ],
)
async def test_a_header_that_is_refused_is_not_repeated(start_gateway, sandbox, logged, authorization):
    http = (await start_gateway(None)).http
    headers = [("Authorization", value.encode()) for value in authorization]
    response = await http.post("/graphql", json={"query": DOCUMENT}, headers=headers)

    assert response.status_code == 401
    assert shown(response.text + str(response.headers) + logged.getvalue()) == []
    assert sandbox.calls() == []


@pytest.mark.parametrize("token", [SECRET, JWT])
async def test_a_trace_of_a_fault_of_ours_shows_no_token(start_gateway, monkeypatch, logged, token):
    async def fail(_self, operation):
        raise RuntimeError(f"for {operation.caller}") from ValueError(f"while asking with {operation!r}")

    monkeypatch.setattr(PartnerCenter, "invoice_summaries", fail)
    gateway = await start_gateway(None)
    response = await gateway.post("{invoiceSummaries {totalCount}}", token=token)
    [line] = [json.loads(line) for line in logged.getvalue().splitlines() if "an operation failed" in line]

    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert "RuntimeError: for Caller(" in line["exception"]
    assert "ValueError: while asking with Operation(" in line["exception"]
    assert shown(logged.getvalue() + response.text) == []


async def test_a_key_in_memory_shows_no_token(start_gateway, monkeypatch):
    keys = []
    keep = BoundedMemoryCache.set

    async def watched(self, key, *arguments, **options):
        keys.append(key)
        return await keep(self, key, *arguments, **options)

    monkeypatch.setattr(BoundedMemoryCache, "set", watched)
    gateway = await start_gateway(None)
    for token in (SECRET, JWT):
        await gateway.ask("{invoiceSummaries {totalCount} invoices(first: 1) {totalCount}}", token=token)

    assert len(keys) == len(set(keys)) == 4
    assert shown(" ".join(keys)) == []


@pytest.mark.redis
async def test_neither_a_key_nor_a_value_in_redis_shows_a_token(start_gateway, need, tmp_path):
    server = RedisServer(need("redis-server"), tmp_path)
    server.start()
    try:
        gateway = await start_gateway(None, cache_url=f"redis://127.0.0.1:{server.port}")
        for token in (SECRET, JWT):
            await gateway.ask("{invoiceSummaries {totalCount}}", token=token)
        with redis.Redis(port=server.port) as store:
            keys = store.keys()
            values = store.mget(keys)
    finally:
        server.stop()

    assert len(keys) == 4  # Of each scope an answer and its generation.
    assert shown(str(keys) + str(values)) == []


def test_no_repr_shows_a_secret():
    caller = Caller(Scope("public", "", "token-hash"), SECRET)
    operation = Operation(caller, "id", Deadline.after(1), Budget(1))
    held = Held(SECRET, "ada@partner.example", "tenant", 0)
    settings = Settings(client_secret=SECRET, token_key=SECRET)

    assert shown(f"{caller} {operation} {held} {settings!r} {settings}") == []


def test_a_real_server_at_debug_level_logs_no_token(sandbox):
    process = GatewayProcess("serve", "--port", "0", GATEWAY_UPSTREAM_URL=sandbox.url, GATEWAY_LOG_LEVEL="debug")
    try:
        for fault in ([], [{"status": 401}], [{"status": 500}], [{"cut": 5}]):
            sandbox.faults(*fault)
            for token in (SECRET, JWT):
                headers = {"Authorization": f"Bearer {token}"}
                httpx.post(f"{process.url}/graphql", json={"query": DOCUMENT}, headers=headers)
                httpx.get(f"{process.url}/graphql", params={"query": DOCUMENT, "access_token": token})
        # What is no HTTP is reported by the server itself.
        host, port = process.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET /graphql HTTP/1.1\r\nHost x\r\nAuthorization: Bearer {SECRET}\r\n\r\n".encode())
            connection.recv(1024)
    finally:
        process.stop()

    assert '"event": "listening"' in process.output
    assert shown(process.output) == []
