"""Line items of legacy invoices: licenses, and Azure's usage by month and by day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gateway.sandbox import dates
from gateway.sandbox.line_item_draft import charge_dates, guid, subscription_dates, taxed, unit_price, usage_day

if TYPE_CHECKING:
    from gateway.sandbox.line_item_draft import Draft
    from gateway.sandbox.wire import JSON

_LICENSES: Final = ("EXCHANGE ONLINE (PLAN 2)", "OFFICE 365 BUSINESS PREMIUM", "SHAREPOINT ONLINE (PLAN 2)")
_SERVICES: Final = (("Storage", "LRS Data Stored", "1 GB/Month"), ("Virtual Machines", "D1/DS1", "1 Hour"))


def license_based(draft: Draft) -> JSON:
    invoice, amount, rng = draft.invoice, draft.amount, draft.rng
    quantity = rng.randrange(1, 50)
    subtotal, tax = taxed(amount)
    name = _LICENSES[rng.randrange(len(_LICENSES))]
    return {
        **draft.parties(),
        "customerName": draft.customer,
        "mpnId": 4000001,
        "tier2MpnId": -1,
        "orderId": str(rng.randrange(10**17, 10**18)),
        "offerId": guid(rng).upper(),
        "durableOfferId": guid(rng).upper(),
        "offerName": name,
        "domainName": draft.domain,
        "billingCycleType": "MONTHLY",
        "subscriptionName": name,
        "subscriptionDescription": name,
        **subscription_dates(invoice, "naive"),
        **charge_dates(invoice, "naive"),
        "chargeType": "New",
        "unitPrice": unit_price(subtotal, quantity),
        "quantity": quantity,
        "amount": subtotal,
        "totalOtherDiscount": Decimal("0.0"),
        "subtotal": subtotal,
        "tax": tax,
        "totalForCustomer": amount,
        "currency": invoice.part.currency,
        "invoiceLineItemType": "billing_line_items",
        "billingProvider": "office",
        "attributes": {"objectType": "LicenseBasedLineItem"},
    }


def usage_based(draft: Draft) -> JSON:
    invoice, position, amount = draft.invoice, draft.position, draft.amount
    pretax, tax = taxed(amount)
    return {
        **_azure(draft),
        "detailLineItemId": position + 1,
        "sku": "SBX-00001",
        "includedQuantity": 0,
        "overageQuantity": 745,
        "listPrice": Decimal("0.085"),
        "currency": invoice.part.currency,
        "pretaxCharges": pretax,
        "taxAmount": tax,
        "postTaxTotal": amount,
        "pretaxEffectiveRate": unit_price(pretax, 745),
        "postTaxEffectiveRate": unit_price(amount, 745),
        "chargeType": "Assess usage fee for current cycle",
        "invoiceLineItemType": "billing_line_items",
        "attributes": {"objectType": "UsageBasedLineItem"},
    }


def daily_usage(draft: Draft) -> JSON:
    invoice, position = draft.invoice, draft.position
    return {
        **_azure(draft),
        "customerBillableAccount": "1400000001",
        # Usage items of old have an offset (docs get-invoiceline-items, 2023).
        "usageDate": dates.write(usage_day(invoice, position), "pacific_offset"),
        "invoiceLineItemType": "usage_line_items",
        "attributes": {"objectType": "DailyUsageLineItem"},
    }


def _azure(draft: Draft) -> JSON:
    invoice, rng = draft.invoice, draft.rng
    service, resource, unit = _SERVICES[rng.randrange(len(_SERVICES))]
    return {
        **draft.parties(),
        "partnerName": "Sandbox Partner",
        "partnerBillableAccountId": "1000000001",
        "domainName": draft.domain,
        "customerCompanyName": draft.customer,
        "mpnId": 4000001,
        "tier2MpnId": -1,
        "invoiceNumber": invoice.id,
        "subscriptionName": "Microsoft Azure",
        "subscriptionDescription": "Microsoft Azure",
        "billingCycleType": "Monthly",
        "orderId": str(rng.randrange(10**17, 10**18)),
        "serviceName": service,
        "serviceType": "Standard",
        "resourceGuid": guid(rng),
        "resourceName": resource,
        "region": "",
        "consumedQuantity": Decimal(rng.randrange(1, 10**9)).scaleb(-6),
        **charge_dates(invoice, "naive"),
        "unit": unit,
        "billingProvider": "azure",
    }
