"""Which kind a line item is of."""

from gateway.line_items.azure import DailyUsageLineItem, UsageBasedLineItem
from gateway.line_items.marketplace import DailyRatedUsageLineItem
from gateway.line_items.office import LicenseBasedLineItem
from gateway.line_items.one_time import OneTimeInvoiceLineItem
from gateway.resources import BillingProvider, InvoiceLineItemType, letters

AnyLineItem = (
    LicenseBasedLineItem | UsageBasedLineItem | DailyUsageLineItem | OneTimeInvoiceLineItem | DailyRatedUsageLineItem
)

KINDS: tuple[type[AnyLineItem], ...] = (
    LicenseBasedLineItem,
    UsageBasedLineItem,
    DailyUsageLineItem,
    OneTimeInvoiceLineItem,
    DailyRatedUsageLineItem,
)

_BY_NAME = {letters(kind.__name__): kind for kind in KINDS}

# As the .NET SDK tells them apart (3.4.0, InvoiceLineItemConverter.cs).
_BY_PROVIDER: dict[tuple[str, str], type[AnyLineItem]] = {
    ("office", "billinglineitems"): LicenseBasedLineItem,
    ("azure", "billinglineitems"): UsageBasedLineItem,
    ("azure", "usagelineitems"): DailyUsageLineItem,
}


def kind_of(
    object_type: str | None,
    provider: BillingProvider | None,
    line_item_type: InvoiceLineItemType | None,
    asked: tuple[str, str],
) -> type[AnyLineItem]:
    """The kind of an item, whatever there is to tell it by.

    Args:
        object_type: as its attributes name it.
        provider: as the item says.
        line_item_type: as the item says.
        asked: provider and type that were asked for, in their letters.
    """
    named = _BY_NAME.get(letters(object_type)) if object_type else None
    if named is not None:
        return named
    said = (_word(provider, asked[0]), _word(line_item_type, asked[1]))
    # All else is of the new commerce: usage of the marketplace is asked for as that of one-time purchases, too
    # (docs: get-invoice-billed-consumption-lineitems, 2022).
    of_new_commerce = DailyRatedUsageLineItem if said[1] == "usagelineitems" else OneTimeInvoiceLineItem
    return _BY_PROVIDER.get(said, of_new_commerce)


_SAY_NOTHING = frozenset(
    (
        *(BillingProvider.NONE, BillingProvider.ALL, BillingProvider.UNKNOWN),
        *(InvoiceLineItemType.NONE, InvoiceLineItemType.UNKNOWN),
    )
)


def _word(said: BillingProvider | InvoiceLineItemType | None, asked: str) -> str:
    return asked if said is None or said in _SAY_NOTHING else letters(said.value)
