"""The switches of the control endpoint: each shows on the wire, and all are reset."""

import pytest
from sandbox_calls import client_of, get, put

from gateway.sandbox import create_sandbox

pytestmark = pytest.mark.anyio

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("quirk", "marked"),
    [("some", [False, False, True] * 2), ("always", [True] * 6), ("never", [False] * 6)],
)
async def test_byte_order_marks(client, quirk, marked):
    await put(client, "quirks", {"bom": quirk})
    responses = [await client.get("/v1/invoices/summary") for _ in range(6)]

    assert [response.content.startswith(BOM) for response in responses] == marked
    assert [int(response.headers["content-length"]) for response in responses] == [
        len(response.content) for response in responses
    ]
    assert len({response.content.removeprefix(BOM) for response in responses}) == 1


async def test_documents_never_have_a_byte_order_mark(client):
    await put(client, "quirks", {"bom": "always"})
    response = await client.get("/v1/invoices/G000100001/documents/statement")

    assert response.content.startswith(b"%PDF-1.4\n")


@pytest.mark.parametrize(
    ("quirk", "next_uri"),
    [
        ("ignore_size", None),
        ("ignore_size_with_next", "/invoices?size=2&offset=2"),
    ],
)
async def test_size_and_offset_may_be_ignored(client, quirk, next_uri):
    await put(client, "quirks", {quirk: True})
    body = await get(client, "", size=2)

    assert (body["totalCount"], len(body["items"])) == (240, 240)
    assert body["links"].get("next", {}).get("uri") == next_uri


@pytest.mark.parametrize(
    ("quirk", "uri"),
    [
        ("relative", "/invoices?size=2&offset=4"),
        ("with_v1", "/v1/invoices?size=2&offset=4"),
        ("absolute", "http://sandbox/v1/invoices?size=2&offset=4"),
        ("foreign", "https://elsewhere.invalid/v1/invoices?size=2&offset=4"),
        ("empty_offset", "/invoices?size=2&offset="),
        ("double_question_mark", "/invoices?offset=4&size=2?seekOperation=Next"),
        ("loop", "/invoices?size=2&offset=2"),
    ],
)
async def test_shapes_of_the_next_link(client, quirk, uri):
    await put(client, "quirks", {"next_link": quirk})
    body = await get(client, "", size=2, offset=2)

    assert body["links"]["next"]["uri"] == uri


@pytest.mark.parametrize("uri", ["/v1/invoices?size=2&offset=", "/v1/invoices?offset=4&size=2?seekOperation=Next"])
async def test_the_documentations_malformed_links_lead_nowhere(client, uri):
    assert (await client.get(uri)).status_code == 400


async def test_a_loop_has_no_end(client):
    await put(client, "quirks", {"next_link": "loop"})
    body = await get(client, "", size=500)

    assert body["links"]["next"] == body["links"]["self"]


async def test_by_id_may_be_gone_for_modern_invoices(client):
    await put(client, "quirks", {"by_id": "404"})
    modern = await client.get("/v1/invoices/G000100001")
    legacy = await client.get("/v1/invoices/D030000001")

    assert (modern.status_code, modern.json()["code"]) == (404, "1000")
    assert legacy.status_code == 200


async def test_by_id_may_be_forbidden(client):
    await put(client, "quirks", {"by_id": "403"})
    for invoice_id in ("G000100001", "D030000001"):
        response = await client.get(f"/v1/invoices/{invoice_id}")

        assert (response.status_code, response.json()["code"]) == (403, "900329")


async def test_unknown_enums_appear_in_collection_and_by_id_alike(client):
    await put(client, "quirks", {"unknown_enums": True})
    items = {item["id"]: item for item in (await get(client, ""))["items"]}
    for invoice_id, unknown in (("G000100001", True), ("G000100002", False), ("D030000004", True)):
        for body in (items[invoice_id], await get(client, f"/{invoice_id}")):
            detail = body["invoiceDetails"][0]
            values = (
                body["documentType"],
                body["invoiceType"],
                detail["billingProvider"],
                detail["invoiceLineItemType"],
            )
            assert (values == ("rebill_note", "Prepaid", "prepaid_credit", "forecast_line_items")) is unknown
    await client.delete("/_sandbox/quirks")

    assert (await get(client, "/G000100001"))["invoiceType"] == "OneTime"


async def test_the_statement_may_claim_to_be_json(client):
    await put(client, "quirks", {"statement_type": "json"})
    response = await client.get("/v1/invoices/G000100001/documents/statement")

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.content.startswith(b"%PDF")


async def test_quirks_are_read_replaced_and_reset(client):
    default = (await client.get("/_sandbox/quirks")).json()
    changed = (await put(client, "quirks", {"ignore_size": True})).json()
    replaced = (await put(client, "quirks", {"bom": "never"})).json()
    reset = (await client.delete("/_sandbox/quirks")).json()

    assert changed == default | {"ignore_size": True}
    assert replaced == default | {"bom": "never"}
    assert reset == default


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"bom":"often"}', "Invalid enum value 'often' - at `$.bom`"),
        (b'{"sizes":1}', "Object contains unknown field `sizes`"),
        (b"", "Input data was truncated"),
        (b'{"bom":"\xff"}', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
async def test_wrong_quirks_are_refused_and_change_nothing(client, body, message):
    before = (await client.get("/_sandbox/quirks")).json()
    response = await client.put("/_sandbox/quirks", content=body)

    assert (response.status_code, response.json()) == (400, {"message": message})
    assert (await client.get("/_sandbox/quirks")).json() == before


async def test_sandboxes_do_not_share_their_controls():
    async with client_of(create_sandbox()) as one, client_of(create_sandbox()) as other:
        await put(one, "quirks", {"ignore_size": True})
        assert len((await get(other, "", size=2))["items"]) == 2
        assert (await one.get("/_sandbox/requests")).json()["count"] == 0
        assert (await other.get("/_sandbox/requests")).json()["count"] == 1
