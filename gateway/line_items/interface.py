"""What every line item may say."""

from datetime import datetime

from gateway.resources import BillingProvider, InvoiceLineItemType, ResourceAttributes, Value


class InvoiceLineItem(Value, frozen=True, gc=False, tag=True, kw_only=True):
    """Base of the kinds.

    Every member is optional. Ids are texts, though upstream sends some as numbers on one item and as texts on the next
    (docs samples get-invoiceline-items, 2023).
    """

    billing_provider: BillingProvider | None = None
    invoice_line_item_type: InvoiceLineItemType | None = None
    attributes: ResourceAttributes | None = None
    partner_id: str | None = None
    mpn_id: str | None = None
    customer_id: str | None = None
    subscription_id: str | None = None
    subscription_description: str | None = None
    charge_start_date: datetime | None = None
    charge_end_date: datetime | None = None
