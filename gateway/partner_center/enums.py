"""Partner Center's enum values, read whatever their spelling.

The wire has snake case (`one_time`), the reference camel case, paths Pascal case, tables spaces ("Void Note");
the .NET SDK reads numbers too (EnumJsonConverter.cs, 3.4). A value that is not known is UNKNOWN, logged and
counted: one new value broke every reader of Microsoft's PowerShell module (Partner-Center-PowerShell#104).
"""

import enum
from typing import TypeVar

from gateway.billing import BillingProvider, DocumentType, InvoiceLineItemType, letters
from gateway.telemetry import count_unknown_enum_value

E = TypeVar("E", bound=enum.Enum)

# In the order of the .NET SDK's members, which is what a number on the wire counts (Microsoft.Store.PartnerCenter
# 3.4, Models/Invoices).
_NUMBERED: dict[type[enum.Enum], tuple[enum.Enum, ...]] = {
    DocumentType: (
        DocumentType.NONE,
        DocumentType.INVOICE,
        DocumentType.VOID_NOTE,
        DocumentType.ADJUSTMENT_NOTE,
    ),
    BillingProvider: (
        BillingProvider.NONE,
        BillingProvider.OFFICE,
        BillingProvider.AZURE,
        BillingProvider.ONE_TIME,
        BillingProvider.MARKETPLACE,
        BillingProvider.ALL,
    ),
    InvoiceLineItemType: (
        InvoiceLineItemType.NONE,
        InvoiceLineItemType.USAGE_LINE_ITEMS,
        InvoiceLineItemType.BILLING_LINE_ITEMS,
    ),
}


_BY_LETTERS: dict[type[enum.Enum], dict[str, enum.Enum]] = {
    kind: {letters(member.value): member for member in kind if member.name != "UNKNOWN"} for kind in _NUMBERED
}


def member(kind: type[E], value: str | int | None) -> E | None:
    """The member of an enum that a wire value means; its UNKNOWN where it has none; None for no value."""
    if value is None or value == "":
        return None
    found: enum.Enum | None
    if isinstance(value, int):
        numbered = _NUMBERED[kind]
        found = numbered[value] if 0 <= value < len(numbered) else None
    else:
        found = _BY_LETTERS[kind].get(letters(value))
    if found is None:
        count_unknown_enum_value(kind.__name__, str(value))
        return kind["UNKNOWN"]
    return kind(found)
