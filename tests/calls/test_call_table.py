"""The product: how many upstream calls an operation costs, exactly, over a real HTTP sandbox."""

import pytest

pytestmark = pytest.mark.anyio

SUMMARIES = "/v1/invoices/summaries"
COLLECTION = "/v1/invoices?size=500&offset=0"
FIRST_IDS = ["D030000001", "G000100001", "G000100002", "G000100003"]


async def test_summaries_with_details_cost_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    document = "{ invoiceSummaries { totalCount items { balanceAmount details { summary { balanceAmount } } } } }"

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    again = await gateway.ask(document)

    assert cold == [SUMMARIES]
    assert sandbox.take_calls() == []
    assert again == data
    assert [item["balanceAmount"] for item in data["invoiceSummaries"]["items"]] == ["751094.39", "1230.33", "1001.12"]


async def test_summaries_with_nested_invoices_cost_two_calls(start_gateway, sandbox):
    gateway = await start_gateway()
    document = """{ invoiceSummaries { items {
        invoices(first: 50) { nodes { id invoiceDetails { billingProvider } taxReceipts { id } amendments { id } } }
        details { invoices { totalCount } summary { invoices { totalCount } } } } } }"""

    await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert sorted(cold) == sorted([SUMMARIES, COLLECTION])
    assert sandbox.take_calls() == []
