"""The call table's rows for invoices by id, and for those in them: amendments, and what is amended."""

import pytest

from tests.calls.call_lists import CARRIED, COLLECTION, by_id, ids_of

pytestmark = pytest.mark.anyio


async def test_one_invoice_under_twenty_aliases_costs_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    document = "{" + " ".join(f'a{n}: invoice(id: "G000100001") {{ id pdfDownloadLink }}' for n in range(20)) + "}"

    await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert cold == by_id("G000100001")
    assert sandbox.take_calls() == []


async def test_both_spellings_of_an_id_are_one_invoice(start_gateway, sandbox):
    gateway = await start_gateway()

    data = await gateway.ask('{ a: invoice(id: "OneTime-G000100001") { id } b: invoice(id: "G000100001") { id } }')

    assert data == {"a": {"id": "G000100001"}, "b": {"id": "G000100001"}}
    assert sandbox.take_calls() == by_id("G000100001")


async def test_an_invoice_that_a_kept_collection_holds_costs_nothing(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    data = await gateway.ask(f'{{ invoice(id: "G000100001") {{ {CARRIED} amendments {{ amendsOf }} }} }}')

    assert data["invoice"]["id"] == "G000100001"
    assert data["invoice"]["amendments"][0]["amendsOf"] == "G000100001"
    assert sandbox.take_calls() == []


async def test_what_a_kept_collection_left_out_of_an_invoice_costs_one_call(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    data = await gateway.ask('{ invoice(id: "G000100001") { pdfDownloadLink } }')

    assert data["invoice"]["pdfDownloadLink"] == "/invoices/G000100001/documents/statement"
    assert sandbox.take_calls() == by_id("G000100001")


async def test_fifty_invoices_by_id_cost_fifty_calls(start_gateway, sandbox):
    gateway = await start_gateway()
    ids = ids_of(50)
    document = "query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }"

    data = await gateway.ask(document, ids=ids)
    cold = sandbox.take_calls()
    await gateway.ask(document, ids=ids)

    assert [invoice["id"] for invoice in data["invoicesById"]] == ids
    assert sorted(cold) == sorted(by_id(*ids))
    assert sandbox.take_calls() == []


async def test_invoices_by_id_that_a_kept_collection_holds_cost_nothing(start_gateway, sandbox):
    gateway = await start_gateway()
    await gateway.ask("{ invoices(first: 1) { nodes { id } } }")
    sandbox.take_calls()

    await gateway.ask("query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }", ids=ids_of(50))

    assert sandbox.take_calls() == []


async def test_the_collection_comes_first_where_more_are_missing_than_the_operation_may_call(start_gateway, sandbox):
    gateway = await start_gateway(max_upstream_calls=10)

    data = await gateway.ask("query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }", ids=ids_of(50))

    assert [invoice["id"] for invoice in data["invoicesById"]] == ids_of(50)
    assert sandbox.take_calls() == [COLLECTION]


async def test_an_amendments_own_fields_follow_the_same_rule(start_gateway, sandbox):
    gateway = await start_gateway()
    document = '{ invoice(id: "G000100001") { amendments { id pdfDownloadLink taxReceipts { id } } } }'

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    amendments = data["invoice"]["amendments"]
    assert [amendment["id"] for amendment in amendments] == ["G900000001", "G900000002"]
    assert cold[0] == "/v1/invoices/G000100001"
    assert sorted(cold[1:]) == by_id("G900000001", "G900000002")
    assert sandbox.take_calls() == []


async def test_the_amended_invoice_costs_nothing_where_a_kept_collection_holds_it(start_gateway, sandbox):
    gateway = await start_gateway()

    data = await gateway.ask(
        "{ invoices(last: 10) { nodes { id amendments { amendedInvoice { id } } } } }",
    )

    amended = [node for node in data["invoices"]["nodes"] if node["amendments"]]
    assert amended
    assert all(
        amendment["amendedInvoice"] == {"id": node["id"]} for node in amended for amendment in node["amendments"]
    )
    assert sandbox.take_calls() == [COLLECTION]


async def test_an_id_that_does_not_exist_is_null_and_remembered(start_gateway, sandbox):
    gateway = await start_gateway()
    document = '{ invoice(id: "G999999999") { id } }'

    data = await gateway.ask(document)
    cold = sandbox.take_calls()
    await gateway.ask(document)

    assert data == {"invoice": None}
    assert cold == ["/v1/invoices/G999999999", COLLECTION]
    assert sandbox.take_calls() == []


@pytest.mark.parametrize("answer", ["404", "403"])
async def test_an_invoice_denied_by_id_comes_from_the_collection(start_gateway, sandbox, answer):
    gateway = await start_gateway()
    sandbox.quirks(by_id=answer)

    data = await gateway.ask('{ invoice(id: "G000100001") { id state } }')

    assert data["invoice"]["id"] == "G000100001"
    assert sandbox.take_calls() == ["/v1/invoices/G000100001", COLLECTION]


async def test_a_field_by_id_only_of_an_invoice_that_is_404_by_id_is_null(start_gateway, sandbox):
    gateway = await start_gateway()
    sandbox.quirks(by_id="404")
    document = '{ invoice(id: "G000100001") { pdfDownloadLink } }'

    data = await gateway.ask(document)
    await gateway.ask(document)

    assert data == {"invoice": {"pdfDownloadLink": None}}
    assert sandbox.take_calls() == ["/v1/invoices/G000100001", COLLECTION]
