"""Line items as the wire has them: loose in its types, and of kinds that are told in several ways."""

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.billing import BillingProvider, InvoiceLineItemType, ResourceAttributes
from gateway.errors import UpstreamUnreadableError
from gateway.line_items import (
    KINDS,
    DailyRatedUsageLineItem,
    DailyUsageLineItem,
    LicenseBasedLineItem,
    LineItemsPage,
    LineItemsPart,
    OneTimeInvoiceLineItem,
    Place,
    UsageBasedLineItem,
)
from gateway.partner_center.decode_line_items import MAX_ITEMS, line_items_page

PURCHASES = LineItemsPart("G1", "onetime", "billinglineitems")


def decoded(*items, part=PURCHASES, **around):
    body = around | {"items": items}
    return line_items_page(json.dumps(body).encode(), part, Place()).items


def test_a_line_item_has_exact_amounts_utc_dates_and_ids_as_texts():
    sent = b"""{"items": [{
        "unitPrice": 0.1999968000511991808131, "quantity": "25", "subtotal": 14.40, "taxTotal": "1E3",
        "totalForCustomer": "", "billableQuantity": null, "mpnId": 4000001, "resellerMpnId": "0",
        "orderDate": "2018-02-08T22:31:42.9397946Z", "chargeStartDate": "2019-08-05T00:00:00-08:00",
        "chargeEndDate": "0001-01-01T00:00:00", "subscriptionStartDate": "soon", "subscriptionEndDate": 7,
        "pcToBCExchangeRate": 1, "pcToBCExchangeRateDate": "2019-08-01T00:00:00",
        "productQualifiers": ["AddOn", "Trial"], "promotionId": "", "meterDescription": {"not": "a text"},
        "memberOfTomorrow": {"deep": [1]}, "invoiceLineItemType": "billing_line_items", "billingProvider": "one_time",
        "attributes": {"etag": "\\"1\\"", "objectType": "OneTimeInvoiceLineItem"}
    }]}"""

    (item,) = line_items_page(sent, PURCHASES, Place()).items

    assert item == OneTimeInvoiceLineItem(
        billing_provider=BillingProvider.ONE_TIME,
        invoice_line_item_type=InvoiceLineItemType.BILLING_LINE_ITEMS,
        attributes=ResourceAttributes('"1"', "OneTimeInvoiceLineItem"),
        mpn_id="4000001",
        charge_start_date=datetime(2019, 8, 5, 8, tzinfo=UTC),
        reseller_mpn_id="0",
        order_date=datetime(2018, 2, 8, 22, 31, 42, 939794, tzinfo=UTC),
        product_qualifiers=("AddOn", "Trial"),
        unit_price=Decimal("0.1999968000511991808131"),
        quantity=Decimal(25),
        subtotal=Decimal("14.40"),
        tax_total=Decimal("1E3"),
        pc_to_bc_exchange_rate=Decimal(1),
        pc_to_bc_exchange_rate_date=datetime(2019, 8, 1, tzinfo=UTC),
        promotion_id="",
        meter_description='{"not": "a text"}',
    )
    assert str(item.subtotal) == "14.40"


def test_names_are_read_in_any_case_and_a_qualifier_may_stand_alone():
    (item,) = decoded({"PreTaxCharges": 1, "Attributes": {"objectType": "UsageBasedLineItem"}, "Sku": None})
    (one,) = decoded({"productQualifiers": "AddOn"})
    (none,) = decoded({"productQualifiers": ""})
    (earned,) = decoded({"hasPartnerEarnedCredit": True, "attributes": {"objectType": "daily rated usage line item"}})

    assert item == UsageBasedLineItem(
        attributes=ResourceAttributes(None, "UsageBasedLineItem"), pretax_charges=Decimal(1)
    )
    assert (one.product_qualifiers, none.product_qualifiers) == (("AddOn",), ())
    assert earned.has_partner_earned_credit is True


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_its_type_decides_whatever_was_asked_for(kind):
    (item,) = decoded({"attributes": {"objectType": kind.__name__}, "billingProvider": "azure"})

    assert type(item) is kind


@pytest.mark.parametrize(
    ("said", "asked", "kind"),
    [
        ({}, ("office", "billinglineitems"), LicenseBasedLineItem),
        ({}, ("azure", "billinglineitems"), UsageBasedLineItem),
        ({}, ("azure", "usagelineitems"), DailyUsageLineItem),
        ({}, ("onetime", "billinglineitems"), OneTimeInvoiceLineItem),
        ({}, ("onetime", "usagelineitems"), DailyRatedUsageLineItem),
        ({}, ("marketplace", "usagelineitems"), DailyRatedUsageLineItem),
        ({}, ("prepaidcredit", "forecastlineitems"), OneTimeInvoiceLineItem),
        ({"billingProvider": "azure"}, ("all", "usagelineitems"), DailyUsageLineItem),
        ({"billingProvider": "office"}, ("all", "billinglineitems"), LicenseBasedLineItem),
        ({"billingProvider": "of_tomorrow"}, ("azure", "billinglineitems"), UsageBasedLineItem),
        ({"invoiceLineItemType": "usage_line_items"}, ("azure", "billinglineitems"), DailyUsageLineItem),
        ({"attributes": {"objectType": "OfTomorrow"}}, ("azure", "usagelineitems"), DailyUsageLineItem),
        ({"attributes": {}}, ("azure", "usagelineitems"), DailyUsageLineItem),
        ({"attributes": None}, ("azure", "usagelineitems"), DailyUsageLineItem),
    ],
)
def test_without_a_name_that_is_known_the_kind_is_that_of_its_provider_and_type(said, asked, kind):
    (item,) = decoded(said, part=LineItemsPart("G1", *asked))

    assert type(item) is kind


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"unitPrice": "12,50"}, "items[1].unitPrice"),
        ({"unitPrice": True}, "items[1].unitPrice"),
        ({"quantity": "9" * 65}, "items[1].quantity"),
        ({"productQualifiers": [1]}, "items[1].productQualifiers"),
        ([], "items[1]"),
    ],
)
def test_what_would_be_a_wrong_figure_is_an_error_with_its_place(item, place):
    with pytest.raises(UpstreamUnreadableError) as raised:
        decoded({}, item)

    assert raised.value.message == f"Partner Center's answer cannot be understood (at {place})."


def test_a_page_has_a_bounded_number_of_items():
    many = b'{"items": [' + b"{}," * MAX_ITEMS + b"{}]}"

    assert line_items_page(b'{"items": []}', PURCHASES, Place()) == LineItemsPage()
    with pytest.raises(UpstreamUnreadableError):
        line_items_page(many, PURCHASES, Place())


def test_a_short_text_is_one_on_its_page_and_is_forgotten_with_it():
    """What is interned is never forgotten by Python 3.12, and upstream's ids have no end."""
    customer = "a-customer-id-that-stands-on-no-other-page"
    first, second = decoded({"customerId": customer}, {"customerId": customer})

    assert first.customer_id == customer
    assert first.customer_id is second.customer_id
    assert sys.intern(str(customer.encode(), "ascii")) is not first.customer_id
