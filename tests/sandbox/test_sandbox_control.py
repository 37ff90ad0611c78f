"""The journal of requests and the rules of faults, as far as no connection is needed."""

import base64

import anyio
import httpx
import pytest
from sandbox_calls import client_of, get, put

from gateway.sandbox import FIRST_PARTNER_TOKEN, partner_label
from gateway.sandbox.journal import Journal

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"


async def test_the_journal_tells_what_was_asked(app):
    async with client_of(app) as first, client_of(app, "other-token") as other:
        await first.get("/v1/invoices?size=2&offset=4", headers={"MS-RequestId": "r", "MS-CorrelationId": "c"})
        await other.get("/nowhere", headers={"Authorization": "none"})
        await other.get(SUMMARIES)
        report = (await first.get("/_sandbox/requests")).json()

    assert (report["count"], report["inFlight"], report["peakInFlight"]) == (3, 0, 1)
    assert [
        [entry[key] for key in ("method", "path", "query", "partner", "requestId", "correlationId")]
        for entry in report["requests"]
    ] == [
        ["GET", "/v1/invoices", "size=2&offset=4", "first", "r", "c"],
        ["GET", "/nowhere", "", None, None, None],
        ["GET", SUMMARIES, "", partner_label("other-token"), None, None],
    ]
    assert report["requests"][0]["headers"]["host"] == "sandbox"
    assert all("authorization" not in entry["headers"] for entry in report["requests"])
    assert "other-token" not in str(report)


async def test_the_journal_is_reset(client):
    await client.get(SUMMARIES)
    response = await client.delete("/_sandbox/requests")

    assert response.status_code == 204
    assert (await client.get("/_sandbox/requests")).json() == {
        "count": 0,
        "inFlight": 0,
        "peakInFlight": 0,
        "requests": [],
    }


def test_the_journal_keeps_the_last_ten_thousand_and_counts_all():
    journal = Journal()
    headers = httpx.Headers()
    for number in range(10_001):
        assert journal.enter("GET", f"/{number}", "", None, headers) == number + 1
    report = journal.report()

    assert (report["count"], len(report["requests"]), report["requests"][0]["path"]) == (10_001, 10_000, "/1")


async def test_the_journal_knows_the_most_requests_at_once(client):
    await put(client, "faults", [{"latency_ms": 50}])
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.get, SUMMARIES)
    report = (await client.get("/_sandbox/requests")).json()

    assert (report["inFlight"], report["peakInFlight"]) == (0, 5)


async def test_a_partners_label_does_not_tell_its_token():
    assert partner_label(FIRST_PARTNER_TOKEN) == "first"
    assert partner_label("a") == "partner-ca978112ca1bbdca"


@pytest.mark.parametrize(
    ("rule", "status", "content_type", "body"),
    [
        (
            {"status": 500},
            500,
            "application/json; charset=utf-8",
            b'{"code":"800003","description":"Unexpected service error.","data":[],"source":"PartnerCenterSandbox"}',
        ),
        (
            {"status": 401, "body": "fault", "code": "900421", "description": "No MFA"},
            401,
            "application/json; charset=utf-8",
            b'{"code":"900421","description":"No MFA","data":[],"source":"PartnerCenterSandbox"}',
        ),
        (
            {"status": 429, "body": "apim", "retry_after": "57"},
            429,
            "application/json; charset=utf-8",
            b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}',
        ),
        (
            {"status": 429, "body": "apim"},
            429,
            "application/json; charset=utf-8",
            b'{"statusCode":429,"message":"Rate limit is exceeded. Try again in some seconds."}',
        ),
        (
            {"status": 503, "body": "apim"},
            503,
            "application/json; charset=utf-8",
            b'{"statusCode":503,"message":"Service Unavailable"}',
        ),
        (
            {"status": 401, "body": "apim", "description": "Unauthorized: incorrect audience"},
            401,
            "application/json; charset=utf-8",
            b'{"statusCode":401,"message":"Unauthorized: incorrect audience"}',
        ),
        (
            {"status": 400, "body": "aspnet"},
            400,
            "application/json; charset=utf-8",
            b'{"message":"The request is invalid."}',
        ),
        (
            {"status": 502, "body": "html"},
            502,
            "text/html",
            b"<html><head><title>502</title></head><body><h1>502</h1></body></html>",
        ),
        ({"status": 504, "body": "empty"}, 504, None, b""),
        ({"status": 204}, 204, None, b""),
        ({"body": "raw", "raw": '{"items":['}, 200, "application/json; charset=utf-8", b'{"items":['),
        (
            {"body": "raw", "raw_base64": base64.b64encode(b"\xff\x00").decode(), "status": 418},
            418,
            "application/json; charset=utf-8",
            b"\xff\x00",
        ),
        ({"body": "raw", "raw": "", "headers": {"Content-Type": "text/plain"}}, 200, "text/plain", b""),
    ],
)
async def test_each_known_error_body(client, rule, status, content_type, body):
    await put(client, "faults", [rule])
    response = await client.get(SUMMARIES)

    assert response.status_code == status
    assert response.headers.get("content-type") == content_type
    assert response.content == body


async def test_only_answers_of_the_service_have_its_headers(client):
    await put(client, "faults", [{"status": 401, "times": 1}, {"status": 401, "body": "apim"}])
    service, gateway = [await client.get(SUMMARIES) for _ in range(2)]

    assert service.headers["www-authenticate"].startswith("OAuth realm=urn:cpsvc:cpid:")
    assert "ms-requestid" in service.headers
    assert not {"www-authenticate", "ms-requestid"} & gateway.headers.keys()


async def test_headers_are_added_to_any_answer(client):
    rule = {"retry_after": "soon", "headers": {"X-Extra": "é", "MS-ServerId": "mine"}}
    await put(client, "faults", [rule])
    response = await client.get(SUMMARIES)

    assert response.status_code == 200
    assert (response.headers["retry-after"], response.headers["ms-serverid"]) == ("soon", "mine")
    assert dict(response.headers.raw)[b"x-extra"] == b"\xe9"


async def test_a_rule_applies_after_some_requests_and_for_some(client):
    await put(client, "faults", [{"status": 503, "after": 1, "times": 2}])
    statuses = [(await client.get(SUMMARIES)).status_code for _ in range(5)]

    assert statuses == [200, 503, 503, 200, 200]
    assert (await client.get("/_sandbox/faults")).json() == [
        {"rule": {"status": 503, "after": 1, "times": 2}, "matched": 3, "applied": 2}
    ]


async def test_the_first_rule_that_is_due_wins(client):
    await put(
        client,
        "faults",
        [
            {"path": "/v1/invoices/summary"},
            {"path": "/v1/*/G*", "status": 404, "times": 1},
            {"path": "/v1/*/G*", "status": 500},
            {"status": 503},
        ],
    )

    async def status(path):
        return (await client.get(f"/v1/invoices{path}")).status_code

    assert [await status(path) for path in ("/summary", "/G000100001", "/G000100001", "")] == [200, 404, 500, 503]


async def test_a_rule_may_be_for_one_partner(app):
    async with client_of(app) as first, client_of(app, "other") as other:
        await put(first, "faults", [{"partner": partner_label("other"), "status": 429}])

        assert (await first.get(SUMMARIES)).status_code == 200
        assert (await other.get(SUMMARIES)).status_code == 429


async def test_latency_delays_the_answer(client):
    await put(client, "faults", [{"latency_ms": 120}])
    began = anyio.current_time()
    await client.get(SUMMARIES)

    assert anyio.current_time() - began >= 0.12


async def test_rules_are_replaced_and_cleared_but_never_apply_to_the_control_endpoint(client):
    await put(client, "faults", [{"status": 500}])
    await put(client, "faults", [{"status": 503}])
    assert (await client.get(SUMMARIES)).status_code == 503
    cleared = await client.delete("/_sandbox/faults")

    assert cleared.json() == []
    await get(client, "/summaries")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"sttus": 500}, "Object contains unknown field `sttus` - at `$[0]`"),
        ({"status": "500"}, "Expected `int | null`, got `str` - at `$[0].status`"),
        ({"status": 100}, "Expected `int` >= 200 - at `$[0].status`"),
        ({"times": 0}, "Expected `int` >= 1 - at `$[0].times`"),
        ({"status": 500, "body": "xml"}, "Invalid enum value 'xml' - at `$[0].body`"),
        ({"body": "fault"}, 'Body "fault" needs a status - at `$[0]`'),
        ({"body": "raw"}, 'Body "raw", and no other, has one of raw and raw_base64 - at `$[0]`'),
        (
            {"body": "raw", "raw": "a", "raw_base64": "YQ=="},
            'Body "raw", and no other, has one of raw and raw_base64 - at `$[0]`',
        ),
        ({"raw": "a"}, 'Body "raw", and no other, has one of raw and raw_base64 - at `$[0]`'),
        (
            {"body": "raw", "raw_base64": "a*"},
            "raw_base64: Only base64 data is allowed - at `$[0]`",
        ),
        ({"headers": {"A b": "c"}}, "No header: 'A b': 'c' - at `$[0]`"),
        ({"retry_after": "1\r\nX: y"}, "No header: 'Retry-After': '1\\r\\nX: y' - at `$[0]`"),
    ],
)
async def test_wrong_rules_are_refused_and_change_nothing(client, rule, message):
    await put(client, "faults", [{"status": 503}])
    response = await client.put("/_sandbox/faults", json=[rule])

    assert (response.status_code, response.json()) == (400, {"message": message})
    assert (await client.get(SUMMARIES)).status_code == 503
