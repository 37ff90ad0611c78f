"""Every line item of each kind, exactly once, by the real endpoint in front of a sandbox over real HTTP."""

import itertools
import json
from collections import Counter
from decimal import Decimal, Inexact, localcontext
from typing import NamedTuple

import httpx
import pytest

from gateway.app import create_app
from gateway.sandbox import create_sandbox
from gateway.sandbox.server import serve_in_thread
from gateway.settings import Settings
from tests.gateway_client import GatewayClient
from tests.sandbox_control import SandboxControl

pytestmark = pytest.mark.anyio

COUNT = 2000
LEGACY, MODERN = "D030000096", "G000100144"


class Kind(NamedTuple):
    """Where line items of a kind are; the members that tell one from another, and that are summed; how it is asked."""

    invoice_id: str
    provider: str
    type: str
    name: str
    amount: str
    asked: str
    first: str
    following: str


TYPES = ("BILLING_LINE_ITEMS", "USAGE_LINE_ITEMS")
OFFSET, SEEK = ("&offset=0", "&offset={}"), ("", "&seekOperation=Next")
KINDS = {
    "LicenseBasedLineItem": Kind(
        *(LEGACY, "OFFICE", TYPES[0], "orderId", "totalForCustomer"),
        *("provider=office&invoicelineitemtype=billinglineitems&size=500", *OFFSET),
    ),
    "UsageBasedLineItem": Kind(
        *(LEGACY, "AZURE", TYPES[0], "detailLineItemId", "postTaxTotal"),
        *("provider=azure&invoicelineitemtype=billinglineitems&size=500", *OFFSET),
    ),
    "DailyUsageLineItem": Kind(
        *(LEGACY, "AZURE", TYPES[1], "orderId", "consumedQuantity"),
        *("provider=azure&invoicelineitemtype=usagelineitems&size=500", *OFFSET),
    ),
    "OneTimeInvoiceLineItem": Kind(
        *(MODERN, "ONE_TIME", TYPES[0], "orderId", "totalForCustomer"),
        *("provider=onetime&invoicelineitemtype=billinglineitems&size=500", *SEEK),
    ),
    "DailyRatedUsageLineItem": Kind(
        *(MODERN, "MARKETPLACE", TYPES[1], "entitlementId", "billingPreTaxTotal"),
        "provider=marketplace&invoicelineitemtype=usagelineitems&currencycode=GBP&period=previous&size=500",
        *SEEK,
    ),
}
PAGE = """
query ($id: ID!, $provider: BillingProvider!, $type: InvoiceLineItemType!, $after: String) {{
  invoice(id: $id) {{ invoiceDetail(billingProvider: $provider, invoiceLineItemType: $type) {{
    lineItems(first: 100, after: $after) {{
      nodes {{ __typename ... on {kind} {{ name: {name} amount: {amount} }} }} pageInfo {{ hasNextPage endCursor }}
    }} }} }} }}"""


@pytest.fixture(scope="module")
def large_sandbox():
    with serve_in_thread(create_sandbox(line_item_count=COUNT)) as url, SandboxControl(url) as control:
        yield control


@pytest.fixture(scope="module")
async def gateway(large_sandbox):
    app = create_app(Settings(upstream_url=large_sandbox.url))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://g") as http:
        yield GatewayClient(http, "sandbox-partner-1")


async def paged(gateway, name, kind):
    """The pages of all line items of a kind."""
    document = PAGE.format(kind=name, name=kind.name, amount=kind.amount)
    variables = {"id": kind.invoice_id, "provider": kind.provider, "type": kind.type}
    after = None
    while True:
        data = await gateway.ask(document, **variables, after=after)
        page = data["invoice"]["invoiceDetail"]["lineItems"]
        yield page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def everything_upstream(sandbox, kind):
    """All line items of a kind as the sandbox sends them on one page, without a gateway."""
    response = httpx.get(
        f"{sandbox.url}/v1/invoices/{kind.invoice_id}/lineitems?{kind.asked.replace('500', '2000')}",
        headers={"Authorization": "Bearer sandbox-partner-1"},
        timeout=30,
    )
    return json.loads(response.content.decode("utf-8-sig"), parse_float=Decimal)["items"]


def exact_sum(amounts):
    with localcontext(prec=200, traps=[Inexact]):
        return sum(map(Decimal, amounts), Decimal(0))


@pytest.mark.parametrize("name", KINDS)
async def test_two_thousand_line_items_come_once_each_with_exact_sums_by_four_calls(gateway, large_sandbox, name):
    kind = KINDS[name]
    expected = everything_upstream(large_sandbox, kind)
    await gateway.ask("query ($id: ID!) { invoice(id: $id) { id } }", id=kind.invoice_id)
    large_sandbox.take_calls()

    pages = [page async for page in paged(gateway, name, kind)]

    calls = large_sandbox.take_calls()
    nodes = list(itertools.chain(*pages))
    assert [len(page) for page in pages] == [100] * 20
    assert Counter(node["__typename"] for node in nodes) == {name: COUNT}
    assert [node["name"] for node in nodes] == [str(item[kind.name]) for item in expected]
    assert len({node["name"] for node in nodes}) == COUNT
    assert exact_sum(node["amount"] for node in nodes) == exact_sum(item[kind.amount] for item in expected)
    path = f"/v1/invoices/{kind.invoice_id}/lineitems?{kind.asked}"
    assert calls == [path + kind.first, *(path + kind.following.format(offset) for offset in (500, 1000, 1500))]
