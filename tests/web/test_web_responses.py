"""What every response carries, health, and the end of a request whose caller has left."""

import asyncio
import json
import uuid

import anyio
import httpx
import pytest

from gateway.app import create_app
from gateway.execution.executor import Executor
from gateway.settings import Settings
from tests.e2e.ports import closed_port
from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

GUID = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"
OTHER_GUID = "00000000-0000-0000-0000-000000000000"

EVERYTHING = [
    ("POST", "/graphql", 415),
    ("GET", "/graphql?query={__typename}", 200),
    ("GET", "/graphql?query={", 200),
    ("GET", "/graphql", 400),
    ("HEAD", "/graphql", 400),
    ("OPTIONS", "/graphql", 405),
    ("GET", "/", 307),
    ("GET", "/nothing", 404),
    ("GET", "/livez", 200),
    ("HEAD", "/livez", 200),
    ("POST", "/livez", 405),
    ("GET", "/readyz", 200),
    ("GET", "/playground/x/nothing.js", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERYTHING)
async def test_every_response_has_a_correlation_id_of_its_own_and_is_neither_kept_nor_sniffed(
    http, method, path, status
):
    first, second = [await http.request(method, path) for _ in range(2)]

    assert first.status_code == second.status_code == status
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert uuid.UUID(first.headers["MS-CorrelationId"]).version == 4
    assert first.headers["MS-CorrelationId"] != second.headers["MS-CorrelationId"]
    assert "Server" not in first.headers
    assert "Set-Cookie" not in first.headers
    assert not [name for name in first.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("method", "path", "status"), EVERYTHING)
async def test_every_response_takes_over_a_correlation_id(http, method, path, status):
    response = await http.request(method, path, headers={"MS-CorrelationId": GUID})

    assert response.headers["MS-CorrelationId"] == GUID.lower()


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"MS-CorrelationId": GUID}, GUID.lower()),
        ({"ms-correlationid": GUID.lower()}, GUID.lower()),
        ({"X-Correlation-Id": GUID}, GUID.lower()),
        ({"MS-CorrelationId": OTHER_GUID, "X-Correlation-Id": GUID}, OTHER_GUID),
        ({"MS-CorrelationId": "no guid", "X-Correlation-Id": GUID}, GUID.lower()),
    ],
)
async def test_a_callers_guid_is_upstreams_and_every_errors(http, sandbox, headers, taken):
    sandbox.faults({"status": 400})
    body = {"query": '{invoiceSummaries {totalCount} invoicesById(ids: ["G000100001", "G000100002"]) {id}}'}
    response = await http.post("/graphql", json=body, headers=headers)
    errors = response.json()["errors"]

    assert response.headers.get_list("MS-CorrelationId") == [taken]
    assert [error["extensions"]["correlationId"] for error in errors] == [taken] * 3
    assert [request["correlationId"] for request in sandbox.requests()] == [taken] * 3
    assert len({request["requestId"] for request in sandbox.requests()}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no guid",
        GUID.replace("-", ""),
        f"{{{GUID}}}",
        f"{GUID}0",
        f"{GUID}, {GUID}",
        f"urn:uuid:{GUID}",
        GUID.replace("F", "G"),
    ],
)
async def test_what_is_no_guid_goes_nowhere(http, sandbox, text):
    response = await http.post(
        "/graphql", json={"query": "{invoiceSummaries {totalCount}}"}, headers={"MS-CorrelationId": text}
    )
    given = response.headers["MS-CorrelationId"]

    assert uuid.UUID(given).version == 4
    assert given != text
    assert [request["correlationId"] for request in sandbox.requests()] == [given]


async def test_each_operation_has_one_correlation_id_and_no_other_operations(http, sandbox):
    document = {
        "query": '{a: invoice(id: "G000100001") {id} b: invoice(id: "G000100002") {id} invoiceSummaries {totalCount}}'
    }
    responses = [await http.post("/graphql", json=document) for _ in range(2)]
    given = [response.headers["MS-CorrelationId"] for response in responses]

    assert given[0] != given[1]
    assert [request["correlationId"] for request in sandbox.requests()] == [given[0]] * 3 + [given[1]] * 3


async def test_livez_and_readyz_need_no_token_and_call_nobody(http, sandbox):
    http.headers = {}
    sandbox.faults({"status": 500})
    livez = await http.get("/livez")
    readyz = await http.get("/readyz")

    assert (livez.status_code, livez.json()) == (200, {"status": "ok"})
    assert (readyz.status_code, readyz.json()) == (200, {"status": "ok", "checks": {"cache": "ok"}})
    assert livez.headers["Content-Type"] == readyz.headers["Content-Type"] == "application/json"
    assert sandbox.calls() == []


async def test_without_its_redis_the_gateway_is_degraded_and_ready(start_gateway):
    http = (await start_gateway(cache_url=f"redis://127.0.0.1:{closed_port()}")).http
    livez = await http.get("/livez")
    readyz = await http.get("/readyz")

    assert (livez.status_code, livez.json()) == (200, {"status": "ok"})
    assert (readyz.status_code, readyz.json()) == (200, {"status": "degraded", "checks": {"cache": "degraded"}})


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
async def test_a_fault_of_the_gateway_itself_is_a_500_that_tells_nothing(monkeypatch, media_type):
    async def fail(*_arguments):
        raise RuntimeError("secret of the gateway")

    monkeypatch.setattr(Executor, "run", fail)
    transport = httpx.ASGITransport(create_app(Settings()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        http.headers = {"Authorization": "Bearer x", "MS-CorrelationId": GUID}
        response = await http.post("/graphql", json={"query": "{__typename}"}, headers={"Accept": media_type})

    assert_refused(
        response,
        500,
        "The gateway could not do this. Its log says why, under the correlation id.",
        code="INTERNAL_SERVER_ERROR",
    )
    assert response.headers["MS-CorrelationId"] == GUID.lower()


def scope_of(method, query=b""):
    return {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": query,
        "headers": [(b"content-type", b"application/json"), (b"authorization", b"Bearer sandbox-partner-1")],
    }


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("POST", b"", json.dumps({"query": "{invoiceSummaries {totalCount}}"}).encode()),
        ("GET", b"query={invoiceSummaries{totalCount}}", b""),
    ],
)
async def test_the_work_ends_when_its_caller_leaves(app, sandbox, method, query, body):
    sandbox.faults({"hang": True})
    left = asyncio.Event()
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    sent = []

    async def receive():
        if messages:
            return messages.pop(0)
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    running = asyncio.create_task(app(scope_of(method, query), receive, send))
    await until(lambda: in_flight(sandbox) == 1)

    assert sent == []

    left.set()
    await running  # At its deadline, it would be answered with an error of upstream's.
    await until(lambda: in_flight(sandbox) == 0)

    assert [message.get("status") for message in sent] == [499, None]


async def test_a_get_waits_for_upstream_as_long_as_its_caller_does(http, sandbox):
    sandbox.faults({"latency_ms": 200})
    response = await http.get("/graphql", params={"query": "{invoiceSummaries {totalCount}}"})

    assert (response.status_code, response.json()) == (200, {"data": {"invoiceSummaries": {"totalCount": 3}}})


def in_flight(sandbox):
    return httpx.get(f"{sandbox.url}/_sandbox/requests").json()["inFlight"]


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await anyio.sleep(0.01)
    pytest.fail("it did not happen within 5 s")
