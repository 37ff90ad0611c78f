"""How pages of line items are kept."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.billing import BillingProvider, ResourceAttributes
from gateway.line_items import KINDS, LineItemsPage, Place
from gateway.readings import LINE_ITEMS
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

PAGE = """{ invoice(id: "G000100144") {
  invoiceDetail(billingProvider: ONE_TIME, invoiceLineItemType: BILLING_LINE_ITEMS) {
    lineItems(first: 1) { nodes { customerId } } } } }"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_comes_back_from_a_store_as_it_was(kind):
    item = kind(
        billing_provider=BillingProvider.AZURE,
        attributes=ResourceAttributes(None, kind.__name__),
        charge_start_date=datetime(2019, 8, 5, tzinfo=UTC),
        **{"quantity": Decimal("0.10")} if "quantity" in kind.__struct_fields__ else {},
    )
    page = LineItemsPage((item, kind()), Place(500, "a,b="))

    again = LINE_ITEMS.decode(LINE_ITEMS.encode(page))

    assert again == page
    assert [type(each) for each in again.items] == [kind, kind]


async def test_a_page_stands_in_where_upstream_ceases_to_serve_it(start_gateway, sandbox):
    clock = FakeClock()
    gateway = await start_gateway(clock=clock, invoice_fresh_s=60, invoice_stale_s=0)
    data = await gateway.ask(PAGE)
    clock.now_s += 61
    sandbox.faults({"path": "*/lineitems", "status": 404})

    answer = (await gateway.post(PAGE)).json()

    path = ["invoice", "invoiceDetail", "lineItems"]
    assert answer["data"] == data
    assert answer["extensions"]["freshness"] == [{"path": path, "age": 61, "reason": "NOT_AVAILABLE"}]
