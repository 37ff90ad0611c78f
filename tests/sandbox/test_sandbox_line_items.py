"""Line items of each provider and type, their pages and tokens."""

import itertools
import json
from decimal import Decimal

import pytest
from sandbox_calls import client_of, get

from gateway.sandbox import create_sandbox
from gateway.sandbox.generation import generate, slots

pytestmark = pytest.mark.anyio

INVALID = {"message": "The request is invalid."}

INVOICES = generate(1, "first", slots(240))


def invoice_with(*details, **attributes):
    """The newest invoice with exactly these details."""
    return next(
        invoice
        for invoice in INVOICES
        if invoice.details == details and all(getattr(invoice, name) == value for name, value in attributes.items())
    )


OFFICE = ("office", "billing_line_items")
AZURE = (("azure", "billing_line_items"), ("azure", "usage_line_items"))
ONE_TIME = ("one_time", "billing_line_items")
MARKETPLACE = ("marketplace", "usage_line_items")

LEGACY = invoice_with(OFFICE, *AZURE, document_type="invoice")
MODERN = invoice_with(ONE_TIME, MARKETPLACE, document_type="invoice")


@pytest.mark.parametrize(
    ("invoice", "asked", "object_type", "kind"),
    [
        (LEGACY, ("office", "billinglineitems"), "LicenseBasedLineItem", OFFICE),
        (LEGACY, ("Azure", "BillingLineItems"), "UsageBasedLineItem", AZURE[0]),
        (LEGACY, ("azure", "usagelineitems"), "DailyUsageLineItem", AZURE[1]),
        (MODERN, ("OneTime", "BillingLineItems"), "OneTimeInvoiceLineItem", ONE_TIME),
        (MODERN, ("marketplace", "usagelineitems"), "DailyRatedUsageLineItem", MARKETPLACE),
        (MODERN, ("onetime", "usagelineitems"), "DailyRatedUsageLineItem", MARKETPLACE),
        (MODERN, ("all", "usagelineitems"), "DailyRatedUsageLineItem", MARKETPLACE),
    ],
)
async def test_each_kind_of_item_in_either_syntax(client, invoice, asked, object_type, kind):
    provider, line_item_type = asked
    body = await get(client, f"/{invoice.id}/lineitems", provider=provider, invoicelineitemtype=line_item_type)
    older = await get(client, f"/{invoice.path_id}/lineitems/{provider}/{line_item_type}")

    assert body["totalCount"] == 3
    assert {item["attributes"]["objectType"] for item in body["items"]} == {object_type}
    assert {(item["billingProvider"], item["invoiceLineItemType"]) for item in body["items"]} == {kind}
    assert older["items"] == body["items"]
    assert "next" not in body["links"]
    assert "continuationToken" not in body


@pytest.mark.parametrize(
    ("invoice", "kind", "has_dates"),
    [
        (LEGACY, OFFICE, True),
        (LEGACY, AZURE[0], False),
        (LEGACY, AZURE[1], False),
        (MODERN, ONE_TIME, True),
        (MODERN, MARKETPLACE, False),
    ],
)
async def test_a_subscriptions_dates_are_told_of_what_is_subscribed_to_alone(client, invoice, kind, has_dates):
    provider, line_item_type = (name.replace("_", "") for name in kind)
    body = await get(client, f"/{invoice.id}/lineitems", provider=provider, invoicelineitemtype=line_item_type)

    assert {"subscriptionStartDate" in item and "subscriptionEndDate" in item for item in body["items"]} == {has_dates}


async def test_the_links_of_an_invoices_details_lead_to_its_items(client):
    for invoice_id in (LEGACY.id, MODERN.id):
        for detail in (await get(client, f"/{invoice_id}"))["invoiceDetails"]:
            body = (await client.get(f"/v1{detail['links']['self']['uri']}")).json()

            assert {item["billingProvider"] for item in body["items"]} == {detail["billingProvider"]}


def charged(item) -> Decimal:
    return Decimal(item.get("totalForCustomer", item.get("postTaxTotal")))


@pytest.mark.parametrize("count", [1, 2, 3, 10])
async def test_billing_items_make_up_the_invoices_charges(count):
    async with client_of(create_sandbox(line_item_count=count)) as client:
        for invoice in (LEGACY, MODERN, *INVOICES[-40:]):
            response = await client.get(f"/v1/invoices/{invoice.id}/lineitems/all/billinglineitems")
            items = json.loads(response.content, parse_float=Decimal)["items"]

            assert sum(charged(item) for item in items) == invoice.total_charges


async def test_every_second_modern_item_writes_numbers_as_strings(client):
    body = await get(client, f"/{MODERN.id}/lineitems/onetime/billinglineitems")

    assert [type(item["unitPrice"]) for item in body["items"]] == [float, str, float]
    assert [item["mpnId"] for item in body["items"]] == [4000001, "4000001", 4000001]


async def test_usage_has_more_digits_than_a_float(client):
    response = await client.get(f"/v1/invoices/{MODERN.id}/lineitems/marketplace/usagelineitems")
    prices = [item["unitPrice"] for item in json.loads(response.content, parse_float=Decimal)["items"]]

    assert {-price.as_tuple().exponent for price in prices} == {22}


async def test_a_given_back_charge_is_a_cancellation(client):
    invoice = invoice_with(ONE_TIME, document_type="adjustment_note")
    body = await get(client, f"/{invoice.id}/lineitems/onetime/billinglineitems")

    assert [item["chargeType"] for item in body["items"]] == ["cancel", "cancel", "cancel"]


@pytest.mark.parametrize("provider", ["office", "azure", "marketplace"])
async def test_items_an_invoice_does_not_have_are_an_empty_page(client, provider):
    body = await get(client, f"/{MODERN.id}/lineitems/{provider}/billinglineitems")

    assert (body["totalCount"], body["items"]) == (0, [])


async def test_legacy_items_are_paged_by_offset(client):
    uri, seen = f"/invoices/{LEGACY.id}/lineitems?provider=all&invoicelineitemtype=billinglineitems&size=4", []
    path = "/invoices/{}/lineitems?provider=all&invoicelineitemtype=billinglineitems&size=4&offset={}"
    uris = []
    while uri:
        body = (await client.get(f"/v1{uri}")).json()
        uris.append(body["links"]["self"]["uri"])
        seen += body["items"]
        uri = body["links"].get("next", {}).get("uri")
    whole = await get(client, f"/{LEGACY.id}/lineitems/all/billinglineitems")

    assert uris == [path.format(LEGACY.id, 0), path.format(LEGACY.id, 4)]
    assert seen == whole["items"]
    assert len(seen) == 6


async def test_modern_items_are_paged_by_token_to_the_last_of_many():
    async with client_of(create_sandbox(line_item_count=4_100)) as client:
        body = await get(client, f"/{MODERN.id}/lineitems", provider="onetime", invoicelineitemtype="billinglineitems")
        seen = [body["items"]]
        tokens = []
        while next_link := body["links"].get("next"):
            (header,) = next_link["headers"]
            assert header == {"key": "MS-ContinuationToken", "value": body["continuationToken"]}
            assert next_link["uri"].endswith("&size=2000&seekOperation=Next")
            tokens.append(header["value"])
            headers = {header["key"]: header["value"]}
            body = (await client.get(f"/v1{next_link['uri']}", headers=headers)).json()
            seen.append(body["items"])

    assert [len(items) for items in seen] == [2000, 2000, 100]
    assert len({item["orderId"] for items in seen for item in items}) == 4_100
    assert all("," in token and "/" in token and "=" in token for token in tokens)
    assert sum(charged(json.loads(json.dumps(item), parse_float=Decimal)) for item in itertools.chain(*seen)) == (
        MODERN.total_charges
    )


async def test_a_token_is_good_for_its_own_question_alone(app):
    question = f"/v1/invoices/{MODERN.id}/lineitems/onetime/billinglineitems?size=2&seekOperation=Next"
    async with client_of(app) as client, client_of(app, "other") as other:
        first = await get(client, f"/{MODERN.id}/lineitems/onetime/billinglineitems", size=2)
        token = {"MS-ContinuationToken": first["continuationToken"]}
        good = await client.get(question, headers=token)
        bad = [
            await client.get(question, headers={"MS-ContinuationToken": "made-up"}),
            await client.get(question, headers={"MS-ContinuationToken": "a,00000002_b"}),
            await client.get(question.replace("onetime/billing", "marketplace/usage"), headers=token),
            await client.get(question.replace("&seekOperation=Next", ""), headers=token),
            await client.get(question),
            await other.get(question, headers=token),
        ]

    assert len(good.json()["items"]) == 1
    assert [(response.status_code, response.json()) for response in bad] == [(400, INVALID)] * 6


@pytest.mark.parametrize(
    "query",
    [
        "?provider=one_time&invoicelineitemtype=billinglineitems",
        "?provider=onetime&invoicelineitemtype=billing_line_items",
        "?provider=onetime&nvoicelineitemtype=billinglineitems",
        "?invoicelineitemtype=billinglineitems",
        "?provider=onetime&invoicelineitemtype=billinglineitems&size=0",
        "/one_time/billinglineitems",
    ],
)
async def test_underscores_and_misspellings_are_refused(client, query):
    response = await client.get(f"/v1/invoices/{MODERN.id}/lineitems{query}")

    assert (response.status_code, response.json()) == (400, INVALID)


async def test_partners_have_their_own_items(app):
    async with client_of(app) as first, client_of(app, "other") as other:
        path = f"/{MODERN.id}/lineitems/onetime/billinglineitems"

        assert (await get(first, path))["items"] != (await get(other, path))["items"]
