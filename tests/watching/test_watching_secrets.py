"""No token, variable, literal or id of an invoice in an operation's line, a metric or a span, whatever goes wrong."""

import base64

import pytest
from structlog.testing import capture_logs

pytestmark = pytest.mark.anyio

TOKEN = "sandbox-7e1c5a9d3b"
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"RS256"}', b'{"sub":"who-this-is-nobody-may-read"}', b"a-signature-of-32-bytes-or-more")
)
SECRETS = (TOKEN, JWT, *JWT.split("."), "G000100001", "G000100002", "SECRETTEXT", "baggage")
DOCUMENT = """
    query ($id: ID!, $text: String!) {
      invoice(id: $id) {id} invoicesById(ids: ["G000100002"]) {id} bad: invoice(id: "SECRETTEXT") {id}
      invoices(filter: {currencyCode: $text}) {totalCount}
    }
"""
FAULTS = [
    [],
    [{"status": 401}],
    [{"status": 403}],
    [{"status": 500}],
    [{"cut": 5}],
    [{"latency_ms": 500}],
    [{"status": 200, "body": "raw", "raw": "SECRETTEXT"}],
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_nothing_that_is_seen_holds_a_secret(start_traced, sandbox, spans, operations, fault):
    gateway = await start_traced(metrics=True, slow_operation_s=1e-9, deadline_s=0.3)
    sandbox.faults(*fault)
    about = {"variables": {"id": "G000100001", "text": "SECRETTEXT"}}
    with capture_logs() as logs:
        for token in (TOKEN, JWT):
            await gateway.post(DOCUMENT, token=token, headers={"baggage": f"token={token}"}, **about)
            await gateway.post("{nothing}", token=token, operationName=token)
            await gateway.http.get("/graphql", params={"query": DOCUMENT, "access_token": token})
    told = {
        "lines": str(operations.take()),
        "logs": str([line for line in logs if line["event"] == "slow operation"]),
        "metrics": (await gateway.http.get("/metrics")).text,
        "spans": "".join(span.to_json() for span in spans.get_finished_spans()),
    }

    assert [(name, secret) for name, text in told.items() for secret in SECRETS if secret in text] == []
    assert [name for name, text in told.items() if "OPERATION_RESOLUTION_FAILURE" not in text] == []


@pytest.mark.parametrize(
    "tracestate", ["SECRETTEXT", f"a={TOKEN}\u00e9", "a=1,b"], ids=["no pair", "no ASCII", "half a pair"]
)
async def test_a_tracestate_that_cannot_be_read_is_not_told(start_traced, caplog, tracestate):
    caplog.set_level("DEBUG")
    gateway = await start_traced()
    headers = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01", "tracestate": tracestate.encode("latin-1")}
    await gateway.post("{__typename}", headers=headers)

    assert [each.name for each in caplog.records if each.name.startswith("opentelemetry")] == []
