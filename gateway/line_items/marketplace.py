"""Line items of rated usage in the new commerce: Azure plan, reservations, the marketplace."""

from datetime import datetime
from decimal import Decimal

from gateway.line_items.interface import InvoiceLineItem


class DailyRatedUsageLineItem(InvoiceLineItem, frozen=True, gc=False, tag=True, kw_only=True):
    partner_name: str | None = None
    reseller_mpn_id: str | None = None
    customer_name: str | None = None
    customer_domain_name: str | None = None
    customer_country: str | None = None
    invoice_number: str | None = None
    product_id: str | None = None
    sku_id: str | None = None
    availability_id: str | None = None
    product_name: str | None = None
    sku_name: str | None = None
    publisher_id: str | None = None
    publisher_name: str | None = None
    usage_date: datetime | None = None
    meter_type: str | None = None
    meter_category: str | None = None
    meter_id: str | None = None
    meter_sub_category: str | None = None
    meter_name: str | None = None
    meter_region: str | None = None
    unit_of_measure: str | None = None
    resource_location: str | None = None
    consumed_service: str | None = None
    resource_group: str | None = None
    resource_uri: str | None = None
    tags: str | None = None
    additional_info: str | None = None
    service_info1: str | None = None
    service_info2: str | None = None
    charge_type: str | None = None
    unit_type: str | None = None
    unit_price: Decimal | None = None
    effective_unit_price: Decimal | None = None
    quantity: Decimal | None = None
    billing_pre_tax_total: Decimal | None = None
    billing_currency: str | None = None
    pricing_pre_tax_total: Decimal | None = None
    pricing_currency: str | None = None
    pc_to_bc_exchange_rate: Decimal | None = None
    pc_to_bc_exchange_rate_date: datetime | None = None
    entitlement_id: str | None = None
    entitlement_description: str | None = None
    rate_of_partner_earned_credit: Decimal | None = None
    has_partner_earned_credit: bool | None = None
    rate_of_credit: Decimal | None = None
    credit_type: str | None = None
    benefit_order_id: str | None = None
    benefit_id: str | None = None
    benefit_type: str | None = None
