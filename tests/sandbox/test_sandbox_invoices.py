"""Summaries, invoices by id, and the collection with its paging, over HTTP."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from sandbox_calls import client_of, get, put

from gateway.sandbox import create_sandbox
from gateway.sandbox.generation import generate, slots

pytestmark = pytest.mark.anyio

INVALID = {"message": "The request is invalid."}
NOT_FOUND = {"code": "1000", "description": "Not found.", "data": [], "source": "PartnerCenterSandbox"}


def exact(response: httpx.Response):
    return json.loads(response.content, parse_float=Decimal)


def moment(text: str) -> datetime:
    read_text = datetime.fromisoformat(text)
    return read_text if read_text.tzinfo else read_text.replace(tzinfo=UTC)


async def test_summaries_have_the_documented_figures(client):
    response = await client.get("/v1/invoices/summaries")
    body = exact(response)

    assert [(item["currencyCode"], item["currencySymbol"], item["balanceAmount"]) for item in body["items"]] == [
        ("GBP", "£", Decimal("751094.39")),
        ("CHF", "CHF", Decimal("1230.33")),
        ("EUR", "€", Decimal("1001.12")),
    ]
    assert [
        [(detail["invoiceType"], detail["summary"]["balanceAmount"]) for detail in item["details"]]
        for item in body["items"]
    ] == [
        [("Recurring", Decimal("202955.87")), ("OneTime", Decimal("548138.52"))],
        [("OneTime", Decimal("1230.33"))],
        [("OneTime", Decimal("1001.12"))],
    ]
    assert b'"balanceAmount":202955.87,' in response.content
    assert {key: body[key] for key in ("totalCount", "links", "attributes")} == {
        "totalCount": 3,
        "links": {"self": {"uri": "/invoices/summaries", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Collection"},
    }


async def test_a_summary_mixes_date_shapes_as_documented(client):
    body = await get(client, "/summary")
    recurring, one_time = (detail["summary"] for detail in body["details"])

    assert body == (await get(client, "/summaries"))["items"][0]
    assert body["links"]["self"]["uri"] == "/invoices/summary"
    assert recurring == {
        "balanceAmount": 202955.87,
        "currencyCode": "GBP",
        "currencySymbol": "£",
        "accountingDate": "2026-10-07T00:00:00Z",
        "firstInvoiceCreationDate": "2017-01-21T00:00:00Z",
        "lastPaymentDate": "2017-01-01T12:00:00Z",
        "lastPaymentAmount": 1000,
        "latestInvoiceDate": "0001-01-01T00:00:00",
        "attributes": {"objectType": "InvoiceSummary"},
    }
    assert (one_time["lastPaymentDate"], one_time["lastPaymentAmount"]) == ("0001-01-01T00:00:00", 0)
    assert body["latestInvoiceDate"] == one_time["latestInvoiceDate"] == "2026-10-24T00:00:00"


async def test_partners_see_their_own_data_under_the_same_ids(app):
    async with client_of(app) as first, client_of(app, "another") as second:
        for path in ("/summaries", "/summary", "/G000100001", "/G900000001", "?size=1"):
            assert await get(first, path) != await get(second, path)
        payments = [(await get(each, "/summary"))["lastPaymentAmount"] for each in (first, second)]
        balances = [(await get(each, "/summary"))["balanceAmount"] for each in (first, second)]

    assert payments[0] == 1000
    assert payments[1] > 1000
    assert balances == [751094.39, 751094.39]


async def test_more_partners_than_are_kept_get_the_same_data_again(app):
    async with client_of(app, None) as client:
        answers = [
            [
                (await client.get("/v1/invoices/summary", headers={"Authorization": f"bearer p{n}"})).json()
                for n in range(18)
            ]
            for _ in range(2)
        ]

    assert answers[0] == answers[1]


async def test_pages_cover_every_invoice_once_and_agree_with_by_id(client):
    uri, seen, pages = "/invoices?size=70&offset=0", [], []
    while uri:
        body = exact(await client.get(f"/v1{uri}"))
        pages.append((body["totalCount"], body["links"]["self"]["uri"]))
        seen += body["items"]
        uri = body["links"].get("next", {}).get("uri")

    assert pages == [
        (70, "/invoices?size=70&offset=0"),
        (70, "/invoices?size=70&offset=70"),
        (70, "/invoices?size=70&offset=140"),
        (30, "/invoices?size=70&offset=210"),
    ]
    assert [item["id"] for item in seen] == [invoice.id for invoice in generate(1, "first", slots(240))]
    by_id_only = {"pdfDownloadLink", "billingPeriodStartDate", "billingPeriodEndDate"}
    for item in seen[:20]:
        full = exact(await client.get(f"/v1{item['links']['self']['uri']}"))
        assert {key: value for key, value in full.items() if key not in by_id_only} == item
        assert full.keys() - item.keys() == by_id_only
        assert full["pdfDownloadLink"] == f"/invoices/{item['id']}/documents/statement"


async def test_unpaid_sums_of_the_collection_are_the_balances_of_the_summaries(client):
    sums = {}
    for item in exact(await client.get("/v1/invoices"))["items"]:
        if item["documentType"] != "void_note":
            owed = item["totalCharges"] - item["paidAmount"]
            sums[item["currencyCode"]] = sums.get(item["currencyCode"], 0) + owed

    assert sums == {
        "GBP": Decimal("751094.39"),
        "CHF": Decimal("1230.33"),
        "EUR": Decimal("1001.12"),
    }


async def test_the_wire_never_says_null_and_dates_are_the_instants_of_the_data(client):
    response = await client.get("/v1/invoices")
    invoices = {invoice.id: invoice for invoice in generate(1, "first", slots(240))}

    assert b"null" not in response.content
    for item in response.json()["items"]:
        assert moment(item["invoiceDate"]) == invoices[item["id"]].date
        assert len(item["invoiceDetails"]) == len(invoices[item["id"]].details)
        assert ("taxReceipts" in item) == bool(invoices[item["id"]].tax_receipts)
        assert ("amendments" in item) == bool(invoices[item["id"]].amendments)


async def test_an_amended_invoice_nests_its_amendments_bare(client):
    item = await get(client, "/G000100001")
    first = item["amendments"][0]

    assert [amendment["id"] for amendment in item["amendments"]] == ["G900000001", "G900000002"]
    assert first["amendsOf"] == "G000100001"
    assert not {"links", "pdfDownloadLink", "taxReceipts"} & first.keys()
    assert [detail.keys() for detail in first["invoiceDetails"]] == [
        {"invoiceLineItemType", "billingProvider", "attributes"}
    ]


async def test_an_amendment_by_id_is_a_full_invoice(client):
    amendment = await get(client, "/G900000001")

    assert (amendment["amendsOf"], amendment["documentType"]) == ("G000100001", "adjustment_note")
    assert amendment["pdfDownloadLink"] == "/invoices/G900000001/documents/statement"
    assert amendment["links"]["self"]["uri"] == "/invoices/OneTime-G900000001"


@pytest.mark.parametrize(
    ("invoice_id", "status"),
    [
        ("D030000001", 200),
        ("Recurring-D030000001", 200),
        ("OneTime-D030000001", 404),
        ("OneTime-G000100001", 200),
        ("G999999999", 404),
        ("G000100001/", 404),
        ("G000100001/nothing", 404),
    ],
)
async def test_ids_may_have_their_type_before_them(client, invoice_id, status):
    response = await client.get(f"/v1/invoices/{invoice_id}")

    assert response.status_code == status
    assert status == 200 or response.json() == NOT_FOUND


async def test_the_largest_page_is_also_the_default():
    async with client_of(create_sandbox(invoice_count=501)) as client:
        for path in ("", "?size=501", "?size=100000"):
            body = await get(client, path)
            assert (body["totalCount"], body["links"]["next"]["uri"]) == (500, "/invoices?size=500&offset=500")


async def test_a_page_beyond_the_end_is_empty(client):
    body = await get(client, "", offset=240)

    assert (body["totalCount"], body["items"], body["links"].keys()) == (0, [], {"self"})


@pytest.mark.parametrize(
    "query", ["size=0", "size=-1", "size=two", "size=", "offset=", "offset=-1", "size=²", "size=1234567890"]
)
async def test_sizes_and_offsets_that_are_none_are_refused(client, query):
    response = await client.get(f"/v1/invoices?{query}")

    assert (response.status_code, response.json()) == (400, INVALID)


@pytest.mark.parametrize("authorization", [None, "", "Basic abc", "Bearer", "Bearer ", "Bearer a b", "Bearer é"])
async def test_without_a_bearer_token_nothing_is_served(app, authorization):
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    async with client_of(app, None) as client:
        for path in ("", "/summaries", "/G000100001", "/G000100001/documents/statement"):
            response = await client.get(f"/v1/invoices{path}", headers=headers)
            correlation_id = response.headers["ms-correlationid"]

            assert response.status_code == 401
            assert response.json()["code"] == "400"
            assert response.headers["www-authenticate"] == f"OAuth realm=urn:cpsvc:cpid:{correlation_id}"


async def test_unknown_paths_and_methods_are_refused_in_json(client):
    missing = await client.get("/v2/invoices")
    posted = await client.post("/v1/invoices")

    assert (missing.status_code, missing.json()) == (404, NOT_FOUND)
    assert (posted.status_code, posted.json()["code"]) == (405, "0")
    assert set(posted.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_answers_have_microsofts_headers(client):
    sent = {"MS-RequestId": "request-1", "MS-CorrelationId": "correlation-1", "X-Locale": "nl-NL"}
    echoed = await client.get("/v1/invoices/summary", headers=sent)
    own = await client.get("/v1/invoices/summary")
    await put(client, "quirks", {"echo_ids": False})
    unlike = await client.get("/v1/invoices/summary", headers=sent)

    assert {name: echoed.headers[name] for name in sent} == sent
    assert echoed.headers["content-type"] == "application/json; charset=utf-8"
    assert own.headers["x-locale"] == "en-US"
    assert own.headers["ms-serverid"] == "101020304"
    assert len(own.headers["ms-requestid"]) == len(own.headers["ms-correlationid"]) == 36
    assert own.headers["ms-cv"].endswith(".0")
    assert unlike.headers["ms-requestid"] not in {"request-1", own.headers["ms-requestid"]}
