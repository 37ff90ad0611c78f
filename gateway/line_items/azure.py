"""Line items of Azure as it was sold before the new commerce: by month, and by day."""

from datetime import datetime
from decimal import Decimal

from gateway.line_items.interface import InvoiceLineItem


class _AzureLineItem(InvoiceLineItem, frozen=True, gc=False, kw_only=True):
    partner_name: str | None = None
    partner_billable_account_id: str | None = None
    customer_company_name: str | None = None
    domain_name: str | None = None
    tier2_mpn_id: str | None = None
    invoice_number: str | None = None
    order_id: str | None = None
    subscription_name: str | None = None
    billing_cycle_type: str | None = None
    service_name: str | None = None
    service_type: str | None = None
    resource_guid: str | None = None
    resource_name: str | None = None
    region: str | None = None
    consumed_quantity: Decimal | None = None
    unit: str | None = None


class UsageBasedLineItem(_AzureLineItem, frozen=True, gc=False, tag=True, kw_only=True):
    detail_line_item_id: str | None = None
    sku: str | None = None
    included_quantity: Decimal | None = None
    overage_quantity: Decimal | None = None
    list_price: Decimal | None = None
    consumption_price: Decimal | None = None
    consumption_discount: Decimal | None = None
    currency: str | None = None
    pretax_charges: Decimal | None = None
    tax_amount: Decimal | None = None
    post_tax_total: Decimal | None = None
    pretax_effective_rate: Decimal | None = None
    post_tax_effective_rate: Decimal | None = None
    charge_type: str | None = None


class DailyUsageLineItem(_AzureLineItem, frozen=True, gc=False, tag=True, kw_only=True):
    customer_billable_account: str | None = None
    usage_date: datetime | None = None
    metered_service: str | None = None
    metered_service_type: str | None = None
    metered_region: str | None = None
    project: str | None = None
    service_info: str | None = None
