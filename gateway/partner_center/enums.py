"""Partner Center's enum values, read whatever their spelling.

The wire has snake case (`one_time`), the reference camel case, paths Pascal case, tables spaces ("Void Note");
the .NET SDK reads numbers too (EnumJsonConverter.cs, 3.4). A value that is not known is UNKNOWN, logged and
counted: one new value broke every reader of Microsoft's PowerShell module (Partner-Center-PowerShell#104).
"""

import enum
from typing import Any, TypeVar

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


def _usual_spellings(name: str) -> set[str]:
    """Of `one_time`: snake, camel and Pascal case, spaced words, and its mere letters."""
    words = name.split("_")
    pascal = "".join(map(str.capitalize, words))
    return {name, pascal, pascal[0].lower() + pascal[1:], " ".join(map(str.capitalize, words)), letters(name)}


# By their numbers and usual spellings. Others are found by their letters each time: they are more than could be kept.
_MEMBERS: dict[type[enum.Enum], dict[str | int, Any]] = {
    kind: dict(enumerate(numbered))
    | {spelling: member for member in kind if member.name != "UNKNOWN" for spelling in _usual_spellings(member.value)}
    for kind, numbered in _NUMBERED.items()
}


def member(kind: type[E], value: str | int | None) -> E | None:
    """The member of an enum that a wire value means; its UNKNOWN where it has none; None for no value."""
    if value is None or value == "":
        return None
    members = _MEMBERS[kind]
    found: E | None = members.get(value)
    if found is None and isinstance(value, str):
        found = members.get(letters(value))
    if found is None:
        count_unknown_enum_value(kind.__name__, str(value))
        return kind["UNKNOWN"]
    return found
