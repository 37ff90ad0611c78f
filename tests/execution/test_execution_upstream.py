"""What callers are told when Partner Center fails: a stable code and its keys, and nothing that Partner Center said."""

import asyncio
import time

import pytest

from tests.e2e.ports import closed_port
from tests.web.error_shape import errors_of

pytestmark = pytest.mark.anyio

SUMMARIES = ("{invoiceSummaries {totalCount}}", "invoiceSummaries")
INVOICE = ('{invoice(id: "G000100001") {id}}', "invoice")
COLLECTION = ("{invoices {totalCount}}", "invoices")

FIVE = "query ($ids: [ID!]!) {invoicesById(ids: $ids) {id pdfDownloadLink}}"

REFUSED = "Partner Center does not allow the caller this."
THROTTLED = "Partner Center asks to slow down."
FAILED = "Partner Center answered with an error."
NO_CONTENT = "Partner Center answered with a redirect or without content."
NO_SENSE = "Partner Center's answer cannot be understood."

FAULTS = {
    "401": ({"status": 401}, "Partner Center does not accept this token.", {"code": "UNAUTHENTICATED"}),
    "403": ({"status": 403}, REFUSED, {"code": "FORBIDDEN", "upstreamCode": "2032"}),
    "403 of its own": ({"status": 403, "code": "77"}, REFUSED, {"code": "FORBIDDEN", "upstreamCode": "77"}),
    "403 of a proxy": ({"status": 403, "body": "html"}, REFUSED, {"code": "FORBIDDEN"}),
    "429": ({"status": 429, "retry_after": "7"}, THROTTLED, {"code": "RATE_LIMITED", "retryAfter": 7}),
    "429 of the layer above": (
        {"status": 429, "body": "apim", "retry_after": "30"},
        THROTTLED,
        {"code": "RATE_LIMITED", "retryAfter": 30},
    ),
    "429 without a time": ({"status": 429}, THROTTLED, {"code": "RATE_LIMITED", "retryAfter": 5}),
    "429 until a past date": (
        {"status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"},
        THROTTLED,
        {"code": "RATE_LIMITED", "retryAfter": 1},
    ),
    "400": (
        {"status": 400},
        FAILED,
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 400, "upstreamCode": "800002"},
    ),
    "409": (
        {"status": 409, "code": "77", "description": "a secret of upstream's"},
        FAILED,
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 409, "upstreamCode": "77"},
    ),
    "500": (
        {"status": 500, "description": "a secret of upstream's"},
        FAILED,
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 500, "upstreamCode": "800003"},
    ),
    "502 of a proxy": (
        {"status": 502, "body": "html"},
        FAILED,
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 502},
    ),
    "302": (
        {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
        NO_CONTENT,
        {"code": "UPSTREAM_ERROR", "upstreamStatus": 302},
    ),
    "204": ({"status": 204}, NO_CONTENT, {"code": "UPSTREAM_ERROR", "upstreamStatus": 204}),
    "HTML": ({"status": 200, "body": "html"}, NO_SENSE, {"code": "UPSTREAM_UNREADABLE"}),
    "nothing": ({"status": 200, "body": "empty"}, NO_SENSE, {"code": "UPSTREAM_UNREADABLE"}),
    "half an object": ({"body": "raw", "raw": '{"totalCount": 1'}, NO_SENSE, {"code": "UPSTREAM_UNREADABLE"}),
    "a list": ({"body": "raw", "raw": '["a secret of upstream\'s"]'}, NO_SENSE, {"code": "UPSTREAM_UNREADABLE"}),
    "an end too early": ({"cut": 10}, "Partner Center's answer breaks off.", {"code": "UPSTREAM_UNREADABLE"}),
}


CASES = [(fault, *SUMMARIES) for fault in FAULTS]
CASES += [(fault, *asked) for fault in ("401", "429", "409", "HTML", "500") for asked in (INVOICE, COLLECTION)]


@pytest.mark.parametrize(("fault", "document", "field"), CASES, ids=[f"{field}, {fault}" for fault, _, field in CASES])
async def test_each_failure_of_upstream_has_its_code(start_gateway, sandbox, fault, document, field):
    rule, message, extensions = FAULTS[fault]
    gateway = await start_gateway()
    sandbox.faults(rule)
    response = await gateway.post(document)

    assert response.status_code == 200
    assert response.json() == {
        "data": {field: None},
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 2}],
                "path": [field],
                "extensions": extensions | {"correlationId": response.headers["MS-CorrelationId"]},
            }
        ],
    }
    assert "secret" not in response.text
    assert errors_of(response)


@pytest.mark.parametrize("fault", ["401", "403", "409", "500", "HTML"])
async def test_a_failure_is_not_kept(start_gateway, sandbox, fault):
    gateway = await start_gateway()
    sandbox.faults(FAULTS[fault][0])
    await gateway.post(SUMMARIES[0])
    sandbox.faults()

    assert await gateway.ask(SUMMARIES[0]) == {"invoiceSummaries": {"totalCount": 3}}


async def test_an_invoice_that_partner_center_does_not_have_is_null(start_gateway, sandbox):
    gateway = await start_gateway()
    response = await gateway.post('{invoice(id: "G999999999") {id}}')

    assert response.json() == {"data": {"invoice": None}}
    assert sandbox.calls() == ["/v1/invoices/G999999999", "/v1/invoices?size=500&offset=0"]


@pytest.mark.parametrize(("document", "field"), [SUMMARIES, INVOICE, COLLECTION], ids=["summaries", "id", "collection"])
async def test_an_operation_is_answered_at_its_deadline_though_upstream_hangs(start_gateway, sandbox, document, field):
    gateway = await start_gateway(deadline_s=0.3)
    sandbox.faults({"hang": True})
    begun_s = time.monotonic()
    async with asyncio.timeout(10):  # Upstream has a minute.
        response = await gateway.post(f"{{__typename {document[1:]}")
    taken_s = time.monotonic() - begun_s

    assert response.json()["data"] == {"__typename": "Query", field: None}
    assert [(error["path"], error["extensions"]["code"]) for error in errors_of(response)] == [
        ([field], "UPSTREAM_TIMEOUT")
    ]
    assert taken_s >= 0.3


async def test_a_call_has_a_time_of_its_own(start_gateway, sandbox):
    gateway = await start_gateway(upstream_timeout_s=0.2, deadline_s=60)
    sandbox.faults({"hang": True})
    async with asyncio.timeout(10):
        errors = await gateway.errors(SUMMARIES[0])

    assert errors == [(["invoiceSummaries"], "UPSTREAM_TIMEOUT")]


async def test_an_answer_that_drips_ends_at_the_deadline(start_gateway, sandbox):
    gateway = await start_gateway(deadline_s=0.3)
    sandbox.faults({"drip_bytes_per_s": 10})
    async with asyncio.timeout(10):  # The whole takes longer.
        errors = await gateway.errors(SUMMARIES[0])

    assert errors == [(["invoiceSummaries"], "UPSTREAM_TIMEOUT")]


async def test_a_port_without_partner_center_is_unavailable(start_gateway):
    gateway = await start_gateway(upstream_url=f"http://127.0.0.1:{closed_port()}")
    response = await gateway.post(SUMMARIES[0])

    assert [(error["message"], error["extensions"]["code"]) for error in errors_of(response)] == [
        ("Partner Center cannot be reached.", "UPSTREAM_UNAVAILABLE")
    ]
    assert "127.0.0.1" not in response.text


async def test_an_operation_that_needs_too_many_calls_says_how_many_and_makes_none_of_them(start_gateway, sandbox):
    """The collection, one call, serves what it can."""
    gateway = await start_gateway(max_upstream_calls=4)
    ids = [f"G00010000{digit}" for digit in range(1, 6)]
    response = await gateway.post(FIVE, variables={"ids": ids})
    errors = errors_of(response)

    assert response.json()["data"] == {"invoicesById": [{"id": each, "pdfDownloadLink": None} for each in ids]}
    assert [error["path"] for error in errors] == [["invoicesById", place, "pdfDownloadLink"] for place in range(5)]
    assert errors[0]["message"] == "This operation needs at least 6 upstream calls; 4 are allowed."
    assert errors[0]["extensions"] == {
        "code": "UPSTREAM_BUDGET_EXCEEDED",
        "upstreamCalls": 6,
        "maxUpstreamCalls": 4,
        "correlationId": response.headers["MS-CorrelationId"],
    }
    assert sandbox.calls() == ["/v1/invoices?size=500&offset=0"]


async def test_what_can_be_served_is_served_when_something_else_fails(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.faults({"path": "/v1/invoices/G000100002", "status": 409})
    response = await gateway.post(
        '{invoicesById(ids: ["G000100001", "G000100002", "G000100003"]) {id}\n  invoiceSummaries {totalCount}}'
    )

    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "invoicesById": [{"id": "G000100001"}, None, {"id": "G000100003"}],
            "invoiceSummaries": {"totalCount": 3},
        },
        "errors": [
            {
                "message": FAILED,
                "locations": [{"line": 1, "column": 2}],
                "path": ["invoicesById", 1],
                "extensions": {
                    "code": "UPSTREAM_ERROR",
                    "upstreamStatus": 409,
                    "upstreamCode": "800003",
                    "correlationId": response.headers["MS-CorrelationId"],
                },
            }
        ],
    }


async def test_each_alias_has_its_own_error_for_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.faults({"status": 409})
    errors = await gateway.errors('{a: invoice(id: "G000100001") {id} b: invoice(id: "G000100001") {id}}')

    assert errors == [(["a"], "UPSTREAM_ERROR"), (["b"], "UPSTREAM_ERROR")]
    assert sandbox.calls() == ["/v1/invoices/G000100001"]
