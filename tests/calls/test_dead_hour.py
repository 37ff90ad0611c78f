"""An hour without Partner Center: whatever was asked before is answered all the same, and says how old it is."""

import pytest

from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

WARM = [
    "{ invoiceSummaries { items { currencyCode balanceAmount details { summary { balanceAmount } } } } }",
    "{ invoiceSummaries { items { invoices(first: 3) { nodes { id invoiceDetails { billingProvider } } } } } }",
    '{ invoice(id: "G000100001") { id totalCharges billingPeriodStartDate taxReceipts { id } } }',
    '{ invoicesById(ids: ["G000100002", "G000100003", "G999999999"]) { id totalCharges billingPeriodEndDate } }',
    "{ invoices(first: 50, orderBy: TOTAL_CHARGES_DESC) { totalCount totals { currencyCode totalCharges } } }",
    '{ invoices(filter: { invoiceDate: { from: "2026-01-01T00:00:00Z" } }) { nodes { id } } }',
    '{ a: invoice(id: "D030000001") { amendedInvoice { id } } b: invoice(id: "G000100004") { state } }',
]
TROUBLES = {
    "errors": {"status": 503},
    "throttling": {"status": 429, "retry_after": "30"},
    "silence": {"hang": True},
    "garbage": {"body": "raw", "raw": "<html>"},
    "cuts": {"cut": 10},
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_every_warm_query_is_answered_for_an_hour(start_gateway, sandbox, trouble, monkeypatch):
    monkeypatch.setattr("gateway.cache.read_through._PATIENCE_S", 0.1)
    clock = FakeClock()
    gateway = await start_gateway(clock=clock, deadline_s=1)
    truth = [await gateway.ask(document) for document in WARM]
    sandbox.faults({"path": "/v1/*", **TROUBLES[trouble]})

    for minute in (0, 10, 60):
        clock.now_s = 1_000_000.0 + minute * 60
        for document, data in zip(WARM, truth, strict=True):
            answer = (await gateway.post(document)).json()
            stale = answer.get("extensions", {}).get("freshness", [])

            assert "errors" not in answer, (minute, document, answer["errors"])
            assert answer["data"] == data
            assert stale or minute < 10, (minute, document)
            assert not stale or minute > 0
            assert all(0 < entry["age"] <= minute * 60 for entry in stale)
