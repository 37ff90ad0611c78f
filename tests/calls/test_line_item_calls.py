"""What line items cost, and what is said where there are none to be had."""

import asyncio
import base64
import json

import pytest

from gateway.line_items import LineItemsPart, Place
from gateway.schema.line_item_pages import Mark, write_cursor

pytestmark = pytest.mark.anyio

LEGACY, MODERN = "D030000096", "G000100144"
INVOICES = {LEGACY: f"/v1/invoices/{LEGACY}", MODERN: f"/v1/invoices/{MODERN}"}
OFFICE = f"/v1/invoices/{LEGACY}/lineitems?provider=office&invoicelineitemtype=billinglineitems&size=500&offset=0"
AZURE = f"/v1/invoices/{LEGACY}/lineitems?provider=azure&invoicelineitemtype=billinglineitems&size=500&offset=0"
AZURE_USAGE = f"/v1/invoices/{LEGACY}/lineitems?provider=azure&invoicelineitemtype=usagelineitems&size=500&offset=0"
PURCHASES = f"/v1/invoices/{MODERN}/lineitems?provider=onetime&invoicelineitemtype=billinglineitems&size=500"
USAGE = (
    f"/v1/invoices/{MODERN}/lineitems?provider=marketplace&invoicelineitemtype=usagelineitems"
    "&currencycode=GBP&period=previous&size=500"
)
PATH = ["invoice", "invoiceDetail", "lineItems"]


def asked(invoice_id, kind="ONE_TIME", type_="BILLING_LINE_ITEMS", arguments="first: 2"):
    return f"""{{ invoice(id: "{invoice_id}") {{
      invoiceDetail(billingProvider: {kind}, invoiceLineItemType: {type_}) {{ lineItems({arguments}) {{
        edges {{ cursor node {{ __typename customerId }} }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"""


PAGE = asked(MODERN)


async def page(gateway, *args, **named):
    return (await gateway.ask(asked(*args, **named)))["invoice"]["invoiceDetail"]["lineItems"]


async def error_of(gateway, document, **variables):
    (error,) = (await gateway.post(document, variables=variables)).json()["errors"]
    return error["path"], error["extensions"]["code"], error["message"]


async def test_all_parts_of_an_invoice_cost_one_call_each_and_none_again(start_gateway, sandbox):
    gateway = await start_gateway(answers_max_bytes=0)
    document = f"""{{ invoice(id: "{LEGACY}") {{ invoiceDetails {{ billingProvider lineItems {{
      nodes {{ __typename billingProvider mpnId ... on UsageBasedLineItem {{ detailLineItemId }} }} }} }} }} }}"""

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    again = await gateway.ask(document)

    assert cold[0] == INVOICES[LEGACY]
    assert sorted(cold[1:]) == sorted([OFFICE, AZURE, AZURE_USAGE])
    assert (sandbox.take_calls(), again) == ([], data)
    kinds = [[node["__typename"] for node in each["lineItems"]["nodes"]] for each in data["invoice"]["invoiceDetails"]]
    assert kinds == [["LicenseBasedLineItem"] * 3, ["UsageBasedLineItem"] * 3, ["DailyUsageLineItem"] * 3]
    azure = data["invoice"]["invoiceDetails"][1]["lineItems"]["nodes"]
    assert [(node["billingProvider"], node["mpnId"], node["detailLineItemId"]) for node in azure] == [
        ("AZURE", "4000001", number) for number in ("1", "2", "3")
    ]


async def test_callers_of_one_scope_at_once_share_a_page_and_those_of_another_do_not(start_gateway, sandbox):
    gateway = await start_gateway(answers_max_bytes=0)
    sandbox.faults({"path": "*/lineitems", "latency_ms": 100})
    documents = [asked(MODERN, arguments=f"first: {count}") for count in range(1, 21)]

    await asyncio.gather(*map(gateway.ask, documents))
    shared = sandbox.take_calls()
    await gateway.ask(PAGE, token="two")

    assert shared == [INVOICES[MODERN], PURCHASES]
    assert sandbox.take_calls() == [INVOICES[MODERN], PURCHASES]


async def test_pages_follow_each_other_by_their_cursors_up_to_the_last(start_gateway, sandbox):
    gateway = await start_gateway()

    whole = await page(gateway, MODERN, arguments="first: 3")
    first = await page(gateway, MODERN)
    end = first["pageInfo"]["endCursor"]
    second = await page(gateway, MODERN, arguments=f'after: "{end}"')
    beyond = await page(gateway, MODERN, arguments=f'after: "{second["pageInfo"]["endCursor"]}"')

    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": first["edges"][1]["cursor"]}
    assert first["edges"] + second["edges"] == whole["edges"]
    assert [len(each["edges"]) for each in (first, second)] == [2, 1]
    assert second["pageInfo"]["hasNextPage"] is whole["pageInfo"]["hasNextPage"] is False
    assert beyond == {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert sandbox.calls() == [INVOICES[MODERN], PURCHASES]


def remade(cursor, index, value):
    members = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    members[index] = value
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def made_up(token=None, skipped=0):
    return write_cursor(LineItemsPart(MODERN, "onetime", "billinglineitems"), Mark(Place(500, token), skipped))


DAMAGES = {
    "no cursor": lambda _cursor: "nothing",
    "not even base64": lambda _cursor: "é",
    "cut short": lambda cursor: cursor[:-4],
    "another page": lambda cursor: remade(cursor, 1, 500),
    "another place": lambda cursor: remade(cursor, 3, 1),
    "a negative place": lambda _cursor: made_up(skipped=-1),
    "a token that would be two headers": lambda _cursor: made_up("a\r\nX: 1"),
    "a token of megabytes": lambda _cursor: made_up("a" * 4097),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_cursor_is_refused_without_a_call(start_gateway, sandbox, damage):
    gateway = await start_gateway()
    cursor = (await page(gateway, MODERN))["pageInfo"]["endCursor"]
    sandbox.take_calls()

    document = asked(MODERN, arguments=f'after: "{damage(cursor)}"')

    assert await gateway.errors(document) == [(PATH, "BAD_USER_INPUT")]
    assert sandbox.calls() == []


@pytest.mark.parametrize(
    "elsewhere", [("G000100143",), (MODERN, "MARKETPLACE", "USAGE_LINE_ITEMS"), (LEGACY, "OFFICE")], ids=str
)
async def test_a_cursor_belongs_to_its_invoice_provider_and_type(start_gateway, sandbox, elsewhere):
    gateway = await start_gateway()
    cursor = (await page(gateway, MODERN))["pageInfo"]["endCursor"]
    document = asked(*elsewhere, arguments=f'after: "{cursor}"')

    assert await gateway.errors(document) == [(PATH, "BAD_USER_INPUT")]
    assert [call for call in sandbox.calls() if "lineitems" in call] == [PURCHASES]


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_has_one_to_a_hundred(start_gateway, sandbox, first):
    gateway = await start_gateway()

    assert await gateway.errors(asked(MODERN, arguments=f"first: {first}")) == [(PATH, "BAD_USER_INPUT")]
    assert sandbox.calls() == [INVOICES[MODERN]]


@pytest.mark.parametrize("status", [404, 410])
async def test_what_v1_does_not_serve_any_more_is_not_available_and_the_way_out_is_told(start_gateway, sandbox, status):
    gateway = await start_gateway()
    sandbox.faults({"path": "*/lineitems", "status": status})

    path, code, message = await error_of(gateway, PAGE)

    assert (path, code) == (PATH, "NOT_AVAILABLE")
    assert message == (
        "Partner Center's API v1 does not serve these line items. What the new commerce has billed since April 2025 is "
        "given as an export of Microsoft Graph (reports/partners/billing: reconciliation and usage)."
    )
    # Graph has nothing of what was billed before the new commerce.
    assert (await error_of(gateway, asked(LEGACY, "OFFICE")))[1] == "UPSTREAM_ERROR"


async def test_a_cursor_that_upstream_has_forgotten_is_the_callers_to_give_up(start_gateway, sandbox):
    gateway = await start_gateway(answers_max_bytes=0)
    items = [{"customerId": str(number)} for number in range(2)]
    more = {
        "path": "*/lineitems",
        "body": "raw",
        "raw": json.dumps({"items": items, "continuationToken": "AQAAAA=="}),
        "times": 1,
    }
    sandbox.faults(more, {"path": "*/lineitems", "status": 400})

    cursor = (await page(gateway, MODERN))["pageInfo"]["endCursor"]
    _path, code, message = await error_of(gateway, asked(MODERN, arguments=f'after: "{cursor}"'))
    same_page = await gateway.errors(asked(MODERN, arguments="first: 3"))

    assert (code, message) == ("BAD_USER_INPUT", "Partner Center does not know this cursor any more: begin anew.")
    # It was upstream, not the caller, who named this page.
    assert same_page == [(PATH, "UPSTREAM_ERROR")]


async def test_a_cursor_at_the_end_of_upstreams_page_is_good_elsewhere_and_costs_the_next_page_alone(
    start_gateway, sandbox
):
    one, other = await start_gateway(), await start_gateway()
    first = {"items": [{"customerId": "1"}], "continuationToken": "AQAAAA=="}
    sandbox.faults({"path": "*/lineitems", "body": "raw", "raw": json.dumps(first), "times": 1})
    cursor = (await page(one, MODERN, arguments="first: 1"))["pageInfo"]["endCursor"]
    sandbox.faults({"path": "*/lineitems", "body": "raw", "raw": json.dumps({"items": [{"customerId": "2"}]})})
    sandbox.take_calls()

    found = await page(other, MODERN, arguments=f'after: "{cursor}"')

    assert [edge["node"]["customerId"] for edge in found["edges"]] == ["2"]
    assert found["pageInfo"]["hasNextPage"] is False
    assert sandbox.take_calls() == [INVOICES[MODERN], f"{PURCHASES}&seekOperation=Next"]


async def test_pages_without_end_or_items_end_in_an_error(start_gateway, sandbox):
    gateway = await start_gateway()
    empty = [
        {
            "path": "*/lineitems",
            "body": "raw",
            "raw": json.dumps({"items": [], "continuationToken": f"page {number}"}),
            "times": 1,
        }
        for number in range(25)
    ]
    sandbox.faults(*empty)

    assert await gateway.errors(PAGE) == [(PATH, "UPSTREAM_UNREADABLE")]
    assert len(sandbox.calls()) == 1 + 20


async def test_pages_that_are_much_too_short_make_a_shorter_page_that_leads_on(start_gateway, sandbox):
    gateway = await start_gateway()
    one_by_one = [
        {
            "path": "*/lineitems",
            "body": "raw",
            "raw": json.dumps(
                {"items": [{"customerId": str(number)}]} | ({"continuationToken": f"{number}"} if number < 24 else {})
            ),
            "times": 1,
        }
        for number in range(25)
    ]
    sandbox.faults(*one_by_one)

    first = await page(gateway, MODERN, arguments="first: 100")
    rest = await page(gateway, MODERN, arguments=f'first: 100, after: "{first["pageInfo"]["endCursor"]}"')

    found = [[edge["node"]["customerId"] for edge in each["edges"]] for each in (first, rest)]
    assert found == [[str(number) for number in range(20)], [str(number) for number in range(20, 25)]]
    assert [each["pageInfo"]["hasNextPage"] for each in (first, rest)] == [True, False]


async def test_more_parts_than_calls_are_refused_before_the_first(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=5)
    document = "{ invoices(first: 10) { nodes { invoiceDetails { lineItems(first: 1) { nodes { mpnId } } } } } }"

    codes = {code for _path, code in await gateway.errors(document)}

    assert codes == {"UPSTREAM_BUDGET_EXCEEDED"}
    assert sandbox.calls() == ["/v1/invoices?size=500&offset=0"]


async def test_a_part_of_a_provider_of_tomorrow_is_read_by_its_own_link(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.quirks(unknown_enums=True)
    document = '{ invoice(id: "G000100144") { invoiceDetails { billingProvider lineItems { nodes { __typename } } } } }'

    details = (await gateway.ask(document))["invoice"]["invoiceDetails"]

    assert [detail["billingProvider"] for detail in details] == ["UNKNOWN", "UNKNOWN"]
    kinds = [{node["__typename"] for node in detail["lineItems"]["nodes"]} for detail in details]
    assert kinds == [{"OneTimeInvoiceLineItem"}, {"DailyRatedUsageLineItem"}]
    assert sorted(sandbox.calls()) == sorted([INVOICES[MODERN], PURCHASES, USAGE])


async def test_a_part_that_does_not_say_what_it_is_has_no_line_items(start_gateway, sandbox):
    gateway = await start_gateway()
    invoice = {"id": MODERN, "invoiceDetails": [{}, {"billingProvider": "none", "invoiceLineItemType": "none"}]}
    sandbox.faults({"path": INVOICES[MODERN], "body": "raw", "raw": json.dumps(invoice)})
    document = '{ invoice(id: "G000100144") { invoiceDetails { lineItems { nodes { __typename } } } } }'

    assert await gateway.ask(document) == {"invoice": {"invoiceDetails": [{"lineItems": None}] * 2}}
    assert sandbox.calls() == [INVOICES[MODERN]]
