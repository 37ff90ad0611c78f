"""The spans of an operation, whose part they are, and what upstream is told of them."""

import pytest
from opentelemetry.trace import SpanKind, StatusCode

pytestmark = pytest.mark.anyio

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {
    "traceparent": f"00-{TRACE}-{CALLER}-01",
    "tracestate": "vendor=1",
    "baggage": "user=somebody",
    "MS-CorrelationId": "6d2f1c9e-7a40-4a58-8a35-0d7c7b1f8e21",
}
DOCUMENT = 'query Mine {invoicesById(ids: ["G000100001", "G000100002"]) {id} invoiceSummaries {totalCount}}'


def tree(spans, parent=None):
    """Each span's name and those below it, in the order of their names."""
    below = [span for span in spans if (span.parent and span.parent.span_id) == parent]
    return sorted([span.name, *tree(spans, span.context.span_id)] for span in below)


def attributes(spans, name):
    return [dict(span.attributes) for span in spans if span.name == name]


async def test_an_operation_is_a_tree_of_spans(start_traced, spans):
    gateway = await start_traced()
    await gateway.post(DOCUMENT, headers=HEADERS)
    ended = spans.get_finished_spans()
    port = attributes(ended, "GET /v1/invoices/summaries")[0].pop("server.port")
    upstream = {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": port,
        "http.response.status_code": 200,
    }
    by_id = ["GET /v1/invoices/{invoice-id}"]

    assert {span.context.trace_id for span in ended} == {int(TRACE, 16)}
    assert tree(ended, int(CALLER, 16)) == [
        [
            "POST /graphql",
            [
                "query",
                ["load invoice_by_id", by_id, by_id, ["look into the cache"], ["look into the cache"]],
                ["load invoice_summaries", ["GET /v1/invoices/summaries"], ["look into the cache"]],
            ],
        ]
    ]
    assert attributes(ended, "POST /graphql") == [
        {
            "http.request.method": "POST",
            "http.route": "/graphql",
            "url.path": "/graphql",
            "url.scheme": "http",
            "http.response.status_code": 200,
            "gateway.correlation_id": HEADERS["MS-CorrelationId"],
            "gateway.answer.origin": "run",
            "gateway.answer.outcome": "ok",
        }
    ]
    assert attributes(ended, "query") == [{"graphql.operation.type": "query", "graphql.operation.name": "Mine"}]
    assert attributes(ended, "load invoice_by_id") == [{"gateway.batch.keys": 2}]
    assert attributes(ended, "look into the cache")[0] == {"gateway.cache.keys": 3, "gateway.cache.found": 0}
    assert attributes(ended, *by_id) == [upstream | {"url.template": "/v1/invoices/{invoice-id}"}] * 2
    assert {span.name: span.kind for span in ended if span.kind is not SpanKind.INTERNAL} == {
        "POST /graphql": SpanKind.SERVER,
        "GET /v1/invoices/{invoice-id}": SpanKind.CLIENT,
        "GET /v1/invoices/summaries": SpanKind.CLIENT,
    }


async def test_upstream_is_told_the_call_it_is_and_nothing_of_a_callers_baggage(start_traced, sandbox, spans):
    gateway = await start_traced()
    await gateway.post(DOCUMENT, headers=HEADERS)
    calls = {span.context.span_id for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT}
    sent = [request["headers"] for request in sandbox.requests()]

    assert {headers["traceparent"] for headers in sent} == {f"00-{TRACE}-{call:016x}-01" for call in calls}
    assert {(headers["tracestate"], headers.get("baggage")) for headers in sent} == {("vendor=1", None)}


@pytest.mark.parametrize("header", [None, "", "not one", f"00-{'0' * 32}-{CALLER}-01", f"00-{TRACE}-{CALLER}-01-é"])
async def test_a_request_that_is_part_of_nothing_begins_a_trace(start_traced, spans, header):
    gateway = await start_traced()
    headers = {} if header is None else {"traceparent": header.encode()}
    await gateway.post("{invoiceSummaries {totalCount}}", headers=headers)
    [root] = [span for span in spans.get_finished_spans() if span.name == "POST /graphql"]

    assert root.parent is None


async def test_a_kept_answer_is_a_span_without_any_below(start_traced, spans):
    gateway = await start_traced()
    await gateway.post(DOCUMENT)
    spans.clear()
    await gateway.post(DOCUMENT)
    [span] = spans.get_finished_spans()

    assert (span.name, span.attributes["gateway.answer.origin"]) == ("POST /graphql", "kept")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 404}, (404, "UPSTREAM_ERROR")),
        ({"status": 401}, (401, "UNAUTHENTICATED")),
        ({"status": 403}, (403, "FORBIDDEN")),
        ({"status": 429}, (None, "RATE_LIMITED")),
        ({"status": 200, "body": "raw", "raw": "[]", "cut": 1}, (None, "UPSTREAM_UNREADABLE")),
    ],
    ids=str,
)
async def test_a_call_that_fails_says_how(start_traced, sandbox, spans, fault, expected):
    gateway = await start_traced()
    sandbox.faults(fault)
    await gateway.post("{invoiceSummaries {totalCount}}")
    [call] = [span for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT]
    told = call.attributes.get("http.response.status_code"), call.attributes["error.type"]

    assert told == expected
    assert (call.status.status_code, call.events) == (StatusCode.ERROR, ())


async def test_a_refusal_says_its_code_and_only_a_servers_fault_is_one(start_traced, spans):
    gateway = await start_traced()
    await gateway.http.post("/graphql", json={"query": DOCUMENT})
    await gateway.post("{invoiceSummaries {totalCount}}", headers={"Cache-Control": "only-if-cached"})
    told = [
        (span.attributes["gateway.error.codes"], span.attributes.get("error.type"), span.status.status_code)
        for span in spans.get_finished_spans()
        if span.kind is SpanKind.SERVER
    ]

    assert told == [(("UNAUTHENTICATED",), None, StatusCode.UNSET), (("NOT_CACHED",), "504", StatusCode.ERROR)]


async def test_a_method_that_is_none_does_not_name_a_span(start_traced, spans):
    gateway = await start_traced()
    await gateway.http.request("ANYTHING", "/graphql")
    [span] = spans.get_finished_spans()

    assert (span.name, span.attributes["http.request.method"]) == ("HTTP /graphql", "_OTHER")
