"""Line items of modern invoices: purchases, and rated usage of the marketplace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gateway.sandbox import dates
from gateway.sandbox.line_item_draft import charge_dates, guid, subscription_dates, taxed, unit_price, usage_day

if TYPE_CHECKING:
    from gateway.sandbox.line_item_draft import Draft
    from gateway.sandbox.wire import JSON

_PRODUCTS: Final = ("Microsoft 365 Business Standard", "Power BI Premium Per User", "Azure plan")


def one_time(draft: Draft) -> JSON:
    """Newer examples write numbers as strings; here every second item does."""
    invoice, position, amount, rng = draft.invoice, draft.position, draft.amount, draft.rng
    quantity = rng.randrange(1, 50)
    subtotal, tax = taxed(amount)
    name = _PRODUCTS[rng.randrange(len(_PRODUCTS))]
    numbers: JSON = {
        "unitPrice": unit_price(subtotal, quantity),
        "effectiveUnitPrice": unit_price(subtotal, quantity),
        "quantity": quantity,
        "subtotal": subtotal,
        "taxTotal": tax,
        "totalForCustomer": amount,
        "pcToBCExchangeRate": 1,
        "billableQuantity": quantity,
        "mpnId": 4000001,
        "resellerMpnId": 0,
    }
    if position % 2:
        numbers = {key: str(value) for key, value in numbers.items()}
    return {
        **draft.parties(),
        "customerName": draft.customer,
        "customerDomainName": draft.domain,
        "customerCountry": "GB",
        "invoiceNumber": invoice.id,
        "orderId": guid(rng)[-12:],
        "orderDate": dates.write(invoice.date - timedelta(days=20), "seven_digits"),
        "productId": "SANDBOXPROD1",
        "skuId": "0002",
        "availabilityId": "SANDBOXAVAI1",
        "productName": name,
        "skuName": name,
        "productQualifiers": ["AddOn"] if position % 3 == 0 else [],
        "chargeType": "new" if amount >= 0 else "cancel",
        "unitType": "",
        "currency": invoice.part.currency,
        "publisherName": "Microsoft Corporation",
        "publisherId": "",
        "subscriptionDescription": "",
        **subscription_dates(invoice, "zulu"),
        **charge_dates(invoice, "zulu"),
        "termAndBillingCycle": "One-Year commitment for monthly/yearly billing",
        "alternateId": guid(rng)[-12:],
        "priceAdjustmentDescription": '["100.0% Tier 1 Discount"]',
        "pricingCurrency": invoice.part.currency,
        "pcToBCExchangeRateDate": dates.write(dates.midnight(invoice.date), "naive"),
        "meterDescription": "",
        "billingFrequency": "Monthly",
        "reservationOrderId": guid(rng),
        "promotionId": "",
        "invoiceLineItemType": "billing_line_items",
        "billingProvider": "one_time",
        "attributes": {"objectType": "OneTimeInvoiceLineItem"},
        **numbers,
    }


def daily_rated(draft: Draft) -> JSON:
    """Rated usage has prices of up to 22 fraction digits, and no part in the invoice's total."""
    invoice, position, rng = draft.invoice, draft.position, draft.rng
    price = Decimal(rng.randrange(10**21, 10**22)).scaleb(-22)
    quantity = Decimal(rng.randrange(1, 10**8)).scaleb(-6)
    total = price * quantity
    return {
        **draft.parties(),
        "partnerName": "Sandbox Partner",
        "customerName": draft.customer,
        "customerDomainName": draft.domain,
        "customerCountry": "GB",
        "invoiceNumber": invoice.id,
        "productId": "SANDBOXPROD2",
        "skuId": "001F",
        "availabilityId": "SANDBOXAVAI2",
        "productName": "Marketplace machine",
        "skuName": "Marketplace machine, hourly",
        "publisherName": "Sandbox Publisher",
        "publisherId": "20000001",
        "subscriptionDescription": "Subscription",
        **charge_dates(invoice, "zulu"),
        "usageDate": dates.write(usage_day(invoice, position), "zulu"),
        "meterType": "1 Compute Hour - 1core",
        "meterCategory": "Virtual Machine Licenses",
        "meterId": "1core",
        "meterSubCategory": "Marketplace machine",
        "meterName": "Marketplace machine - 1 Core Hours",
        "meterRegion": "",
        "unitOfMeasure": "1 Hour",
        "resourceLocation": "UKSOUTH",
        "consumedService": "Microsoft.Compute",
        "resourceGroup": "SANDBOX",
        "resourceUri": "",
        "tags": "",
        "additionalInfo": '{"ImageType":null,"ServiceType":"Standard_B1s"}',
        "serviceInfo1": "",
        "serviceInfo2": "",
        "mpnId": "4000001",
        "resellerMpnId": "",
        "chargeType": "new",
        "unitPrice": price,
        "quantity": quantity,
        "unitType": "1 Hour",
        "billingPreTaxTotal": total,
        "billingCurrency": invoice.part.currency,
        "pricingPreTaxTotal": total,
        "pricingCurrency": invoice.part.currency,
        "entitlementId": guid(rng),
        "entitlementDescription": "Partner Subscription",
        "pcToBCExchangeRate": 1,
        "pcToBCExchangeRateDate": dates.write(dates.midnight(invoice.date), "zulu"),
        "effectiveUnitPrice": price,
        "rateOfPartnerEarnedCredit": 0,
        "invoiceLineItemType": "usage_line_items",
        "billingProvider": "marketplace",
        "attributes": {"objectType": "DailyRatedUsageLineItem"},
    }
