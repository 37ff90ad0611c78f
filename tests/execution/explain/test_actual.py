"""What an answer says of the calls that were made for it, and that nobody else is told."""

import asyncio
import json

import httpx
import pytest

from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

ACTUAL = {"X-Gateway-Explain": "actual"}
SUMMARIES, BY_ID, COLLECTION = "/v1/invoices/summaries", "/v1/invoices/{id}", "/v1/invoices"
LINKS = "{ invoices(first: 2) { nodes { pdfDownloadLink } } }"
ONE = '{ invoice(id: "G000100001") { id } }'


async def told(gateway, document, **parameters):
    """The response to a document, whose `extensions.upstream` is taken out, and that."""
    response = (await gateway.post(document, headers=ACTUAL, **parameters)).json()
    return response, response["extensions"].pop("upstream")


def rows(upstream):
    return [(call["path"], call["of"], call["from"], call["bytes"]) for call in upstream["calls"]]


def size_bytes(sandbox, of):
    """Of what the sandbox answers."""
    answer = httpx.get(f"{sandbox.url}/v1/invoices{of}", headers={"Authorization": "Bearer sandbox-partner-1"})
    return len(answer.content)


async def test_calls_are_told_with_their_times_and_sizes(start_gateway, sandbox):
    gateway = await start_gateway(explain=True)
    correlation_id = "11111111-2222-3333-4444-555555555555"
    sandbox.faults({"path": BY_ID.replace("{id}", "*"), "latency_ms": 50})

    response = await gateway.post(LINKS, headers=ACTUAL | {"MS-CorrelationId": correlation_id})
    upstream = response.json()["extensions"]["upstream"]

    assert rows(upstream) == [
        (COLLECTION, "offset 0", "upstream", size_bytes(sandbox, "?size=500&offset=0")),
        (BY_ID, "G000100144", "upstream", size_bytes(sandbox, "/G000100144")),
        (BY_ID, "D030000096", "upstream", size_bytes(sandbox, "/D030000096")),
    ]
    assert {call["method"] for call in upstream["calls"]} == {"GET"}
    assert {call["correlationId"] for call in upstream["calls"]} == {correlation_id}
    assert (upstream["made"], upstream["budget"], upstream["omitted"]) == (3, 120, 0)
    listed, *by_id = upstream["calls"]
    assert all(call["startMs"] >= listed["startMs"] + listed["ms"] and call["ms"] >= 50 for call in by_id)
    assert upstream["ms"] >= by_id[0]["startMs"] + 50


async def test_answers_that_were_kept_are_told_as_such_and_nothing_is_added_to_what_is_kept(start_gateway, sandbox):
    gateway = await start_gateway(explain=True)
    plain = await gateway.post(LINKS)
    sandbox.take_calls()

    response, upstream = await told(gateway, LINKS)
    again = await gateway.post(LINKS)

    assert rows(upstream) == [
        (COLLECTION, None, "cache", None),
        (BY_ID, "G000100144", "cache", None),
        (BY_ID, "D030000096", "cache", None),
    ]
    assert upstream["made"] == 0
    assert response == plain.json() | {"extensions": {}}
    assert again.content == plain.content
    assert sandbox.calls() == []


async def test_an_explained_answer_is_not_given_to_who_asks_the_same(start_gateway, sandbox):
    gateway = await start_gateway(explain=True)
    sandbox.faults({"path": "/v1/invoices/*", "latency_ms": 100})

    explained, plain = await asyncio.gather(gateway.post(ONE, headers=ACTUAL), gateway.post(ONE))
    after = await gateway.post(ONE)

    assert "upstream" in explained.json()["extensions"]
    assert plain.content == after.content == b'{"data":{"invoice":{"id":"G000100001"}}}'
    assert len(sandbox.calls()) == 1


async def test_a_call_that_another_operation_makes_is_shared(start_gateway, sandbox):
    gateway = await start_gateway(explain=True)
    sandbox.faults({"path": "/v1/invoices/*", "latency_ms": 500})

    plain = asyncio.create_task(gateway.post(ONE))
    await asyncio.to_thread(_until_called, sandbox)
    _response, upstream = await told(gateway, '{ invoice(id: "G000100001") { state } }')
    await plain

    assert rows(upstream) == [(BY_ID, "G000100001", "shared", None)]
    assert (upstream["made"], upstream["calls"][0]["ms"] > 10) == (0, True)


def _until_called(sandbox):
    while not sandbox.calls():
        pass


async def test_stale_answers_and_failing_calls_are_told(start_gateway, sandbox):
    clock = FakeClock()
    gateway = await start_gateway(explain=True, clock=clock)
    await gateway.ask("{ invoiceSummaries { totalCount } }")
    clock.now_s += 61
    sandbox.quirks(by_id="404")

    response, upstream = await told(gateway, "{ invoiceSummaries { totalCount } " + ONE.removeprefix("{"))

    assert [entry["reason"] for entry in response["extensions"]["freshness"]] == ["RENEWING"]
    # Whichever began first.
    assert sorted(map(json.dumps, rows(upstream))) == sorted(
        map(
            json.dumps,
            [
                (SUMMARIES, None, "stale", None),
                (BY_ID, "G000100001", "upstream", None),
                (COLLECTION, "offset 0", "upstream", size_bytes(sandbox, "?size=500&offset=0")),
            ],
        )
    )
    (denied,) = (call for call in upstream["calls"] if call["path"] == BY_ID)
    assert (denied["error"], denied["status"]) == ("UPSTREAM_ERROR", 404)


async def test_what_was_not_executed_is_answered_as_ever(start_gateway):
    gateway = await start_gateway(explain=True)

    response = await gateway.post("{ nothing }", headers=ACTUAL)

    assert response.json().keys() == {"errors"}
