"""Line items of the new commerce: purchases, cancellations and subscriptions."""

from datetime import datetime
from decimal import Decimal

from gateway.line_items.interface import InvoiceLineItem


class OneTimeInvoiceLineItem(InvoiceLineItem, frozen=True, gc=False, tag=True, kw_only=True):
    reseller_mpn_id: str | None = None
    customer_name: str | None = None
    customer_domain_name: str | None = None
    customer_country: str | None = None
    invoice_number: str | None = None
    order_id: str | None = None
    order_date: datetime | None = None
    product_id: str | None = None
    sku_id: str | None = None
    availability_id: str | None = None
    product_name: str | None = None
    sku_name: str | None = None
    product_qualifiers: tuple[str, ...] = ()
    publisher_id: str | None = None
    publisher_name: str | None = None
    subscription_start_date: datetime | None = None
    subscription_end_date: datetime | None = None
    term_and_billing_cycle: str | None = None
    billing_frequency: str | None = None
    charge_type: str | None = None
    unit_type: str | None = None
    unit_price: Decimal | None = None
    effective_unit_price: Decimal | None = None
    quantity: Decimal | None = None
    billable_quantity: Decimal | None = None
    subtotal: Decimal | None = None
    tax_total: Decimal | None = None
    total_for_customer: Decimal | None = None
    currency: str | None = None
    pricing_currency: str | None = None
    pc_to_bc_exchange_rate: Decimal | None = None
    pc_to_bc_exchange_rate_date: datetime | None = None
    alternate_id: str | None = None
    reference_id: str | None = None
    price_adjustment_description: str | None = None
    discount_details: str | None = None
    credit_reason_code: str | None = None
    promotion_id: str | None = None
    meter_description: str | None = None
    reservation_order_id: str | None = None
