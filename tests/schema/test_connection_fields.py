"""The connection as a client sees it, over the sandbox."""

import pytest

pytestmark = pytest.mark.anyio

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: InvoiceOrder! = INVOICE_DATE_DESC)
    { invoices(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
        totalCount edges { cursor node { id } } nodes { id }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def test_a_page_has_edges_nodes_and_its_place(start_gateway):
    gateway = await start_gateway()

    first = (await gateway.ask(PAGE, first=2))["invoices"]
    second = (await gateway.ask(PAGE, first=2, after=first["pageInfo"]["endCursor"]))["invoices"]
    back = (await gateway.ask(PAGE, last=2, before=second["pageInfo"]["startCursor"]))["invoices"]
    end = (await gateway.ask(PAGE, last=3))["invoices"]

    assert [edge["node"] for edge in first["edges"]] == first["nodes"]
    assert first["nodes"] == [{"id": "G000100144"}, {"id": "D030000096"}]
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][1]["cursor"],
    }
    assert second["nodes"] == [{"id": "G000100143"}, {"id": "D030000095"}]
    assert second["pageInfo"]["hasPreviousPage"] is True
    assert back["nodes"] == first["nodes"]
    assert len(end["nodes"]) == 3
    assert end["pageInfo"]["hasNextPage"] is False
    assert end["totalCount"] == 240


async def test_twenty_five_without_first_and_last(start_gateway):
    gateway = await start_gateway()

    assert len((await gateway.ask(PAGE))["invoices"]["nodes"]) == 25


async def test_an_empty_page_has_no_cursors(start_gateway):
    gateway = await start_gateway()

    data = await gateway.ask(
        '{ invoices(filter: { currencyCode: "JPY" }) { totalCount totals { count } nodes { id } '
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )

    assert data["invoices"] == {
        "totalCount": 0,
        "totals": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


@pytest.mark.parametrize(
    "arguments",
    [
        "first: 0", "first: 101", "last: 0", "last: 101", "first: 1, last: 1", 'after: "x"', 'before: "x"',
        'filter: { totalCharges: { min: "x" } }', 'filter: { invoiceDate: { from: "2026-01-01" } }',
    ],
)  # fmt: skip
async def test_what_no_page_can_answer_is_bad_input_and_costs_no_call(start_gateway, sandbox, arguments):
    gateway = await start_gateway()

    errors = await gateway.errors(f"{{ invoices({arguments}) {{ totalCount }} }}")

    assert [code for _path, code in errors] == ["BAD_USER_INPUT"]
    assert sandbox.take_calls() == []


async def test_a_cursor_of_another_order_is_bad_input(start_gateway):
    gateway = await start_gateway()
    cursor = (await gateway.ask(PAGE, first=1))["invoices"]["pageInfo"]["endCursor"]

    assert await gateway.errors(PAGE, after=cursor, orderBy="TOTAL_CHARGES_ASC") == [(["invoices"], "BAD_USER_INPUT")]


async def test_the_invoices_of_a_summary_are_of_its_currency_and_of_a_part_of_its_type(start_gateway):
    gateway = await start_gateway()
    fields = "nodes { currencyCode invoiceType } totalCount"

    data = await gateway.ask(
        f"""{{ invoices {{ totalCount }} invoiceSummaries {{ items {{ currencyCode
        invoices(first: 100) {{ {fields} }} details {{ invoiceType invoices(first: 100) {{ {fields} }}
        summary {{ details {{ invoiceType }} invoices(first: 100) {{ {fields} }} }} }} }} }} }}"""
    )

    items = data["invoiceSummaries"]["items"]
    for item in items:
        parts = item["details"]
        assert {node["currencyCode"] for node in item["invoices"]["nodes"]} == {item["currencyCode"]}
        assert sum(part["invoices"]["totalCount"] for part in parts) == item["invoices"]["totalCount"]
        for part in parts:
            expected = {(item["currencyCode"], part["invoiceType"])}
            assert {(node["currencyCode"], node["invoiceType"]) for node in part["invoices"]["nodes"]} == expected
            assert part["summary"] == {"details": [], "invoices": part["invoices"]}
    assert sum(item["invoices"]["totalCount"] for item in items) == data["invoices"]["totalCount"] == 240


async def test_the_balances_are_the_unpaid_sums_of_the_invoices_behind_them(start_gateway):
    gateway = await start_gateway()

    data = await gateway.ask(
        """{ invoiceSummaries { items { balanceAmount details { invoiceType summary { balanceAmount } } } } }"""
    )

    assert data["invoiceSummaries"]["items"] == [
        {
            "balanceAmount": "751094.39",
            "details": [
                {"invoiceType": "Recurring", "summary": {"balanceAmount": "202955.87"}},
                {"invoiceType": "OneTime", "summary": {"balanceAmount": "548138.52"}},
            ],
        },
        {"balanceAmount": "1230.33", "details": [{"invoiceType": "OneTime", "summary": {"balanceAmount": "1230.33"}}]},
        {"balanceAmount": "1001.12", "details": [{"invoiceType": "OneTime", "summary": {"balanceAmount": "1001.12"}}]},
    ]


async def test_an_invoice_type_is_matched_in_any_spelling(start_gateway):
    gateway = await start_gateway()
    document = "query ($kind: String) { invoices(filter: { invoiceType: $kind }) { totalCount } }"

    counts = {
        (await gateway.ask(document, kind=kind))["invoices"]["totalCount"]
        for kind in ("OneTime", "one_time", "ONE TIME", "one-time")
    }

    assert counts == {144}


async def test_a_decimal_bound_is_the_same_as_text_and_as_a_number(start_gateway):
    gateway = await start_gateway()
    document = "query ($min: Decimal) { invoices(filter: { totalCharges: { min: $min } }) { totalCount } }"

    as_text = await gateway.ask(document, min="10000.005")
    as_number = await gateway.http.post(
        "/graphql",
        content=b'{"query": "%s", "variables": {"min": 10000.005}}' % document.encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {gateway.token}"},
    )
    as_literal = await gateway.ask("{ invoices(filter: { totalCharges: { min: 10000.005 } }) { totalCount } }")

    assert as_number.json()["data"] == as_text == as_literal
    assert as_text["invoices"]["totalCount"] > 0
