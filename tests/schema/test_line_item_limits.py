"""How long an answer with line items may be."""

import pytest

pytestmark = pytest.mark.anyio

REFUSED = [(None, "LIMIT_EXCEEDED")]
KINDS = ("LicenseBased", "UsageBased", "DailyUsage", "OneTimeInvoice", "DailyRatedUsage")


def nested(invoices, items, selections):
    return f"""{{ invoices(first: {invoices}) {{ nodes {{ invoiceDetails {{ lineItems(first: {items}) {{ nodes {{
        {selections} }} }} }} }} }} }}"""


async def test_line_items_count_as_many_as_a_page_may_have_for_each_part_of_each_invoice(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=1)
    members = "customerId mpnId subscriptionId"

    assert await gateway.errors(nested(41, 100, members)) != REFUSED
    sandbox.take_calls()
    assert await gateway.errors(nested(42, 100, members)) == REFUSED
    unknown = nested(42, "$first", members).replace("{", "query ($first: Int) {", 1)
    assert await gateway.errors(unknown, first=1) == REFUSED
    assert sandbox.calls() == []


@pytest.mark.parametrize("on", ["... on {kind}LineItem {{ {members} }}", "...{kind}"])
async def test_of_fragments_on_several_kinds_the_longest_counts(start_gateway, on):
    gateway = await start_gateway(max_upstream_calls=1)
    members = "customerId mpnId subscriptionId"
    selections = " ".join(on.format(kind=kind, members=members) for kind in KINDS)
    fragments = "".join(
        f" fragment {kind} on {kind}LineItem {{ {members} }}" for kind in KINDS if "{members}" not in on
    )

    assert await gateway.errors(nested(41, 100, selections) + fragments) != REFUSED
    assert await gateway.errors(nested(42, 100, selections) + fragments) == REFUSED
