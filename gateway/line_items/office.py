"""Line items of licence-based offers."""

from datetime import datetime
from decimal import Decimal

from gateway.line_items.interface import InvoiceLineItem


class LicenseBasedLineItem(InvoiceLineItem, frozen=True, gc=False, tag=True, kw_only=True):
    tier2_mpn_id: str | None = None
    customer_name: str | None = None
    domain_name: str | None = None
    order_id: str | None = None
    offer_id: str | None = None
    durable_offer_id: str | None = None
    offer_name: str | None = None
    syndication_partner_subscription_number: str | None = None
    subscription_name: str | None = None
    billing_cycle_type: str | None = None
    subscription_start_date: datetime | None = None
    subscription_end_date: datetime | None = None
    charge_type: str | None = None
    unit_price: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    total_other_discount: Decimal | None = None
    subtotal: Decimal | None = None
    tax: Decimal | None = None
    total_for_customer: Decimal | None = None
    currency: str | None = None
