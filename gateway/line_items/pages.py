"""Which line items there are to be read, and pages of them."""

from typing import NamedTuple

from gateway.line_items.kinds import AnyLineItem
from gateway.resources import Value


class LineItemsPart(NamedTuple):
    """The line items of one part of an invoice.

    Attributes:
        invoice_id: in its one spelling.
        provider: in mere letters, as an address names it: `onetime`, never `one_time`, which upstream refuses
            (Partner-Center-Java, issue 97).
        line_item_type: likewise: `billinglineitems`, `usagelineitems`.
        currency_code: the invoice's; usage is asked for with it.
    """

    invoice_id: str
    provider: str
    line_item_type: str
    currency_code: str | None = None


class Place(NamedTuple):
    """Where a page of upstream's begins.

    Attributes:
        offset: how many line items stand before it.
        token: upstream's own name for it, where it has one; the offset is of no use there then.
    """

    offset: int = 0
    token: str | None = None


class LineItemsPage(Value, frozen=True, gc=False):
    """One page of upstream's.

    Attributes:
        items: in upstream's order.
        next: where the page after it begins; None on the last. It may turn out to be empty.
    """

    items: tuple[AnyLineItem, ...] = ()
    next: Place | None = None
