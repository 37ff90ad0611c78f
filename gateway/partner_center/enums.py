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


def _usual_spellings(name: str) -> set[str]:
    """Of `one_time`: snake, camel and Pascal case, spaced words, and its mere letters."""
    words = name.split("_")
    pascal = "".join(map(str.capitalize, words))
    return {name, pascal, pascal[0].lower() + pascal[1:], " ".join(map(str.capitalize, words)), letters(name)}


class _Members(dict[str | int | None, E | None]):
    """An enum's members by what the wire calls them: any value is looked up by `[]`.

    Numbers and usual spellings are kept. Others are found by their letters each time: they are more than could be kept.
    """

    def __init__(self, kind: type[E], *numbered: E) -> None:
        super().__init__(enumerate(numbered))
        self._kind = kind
        for member in kind:
            if member.name != "UNKNOWN":
                self.update(dict.fromkeys(_usual_spellings(member.value), member))
        self[None] = self[""] = None

    def __missing__(self, value: str | int | None) -> E:
        found = self.get(letters(value)) if isinstance(value, str) else None
        if found is None:
            count_unknown_enum_value(self._kind.__name__, str(value))
            return self._kind["UNKNOWN"]
        return found


# Numbered in the order of the .NET SDK's members (Microsoft.Store.PartnerCenter 3.4, Models/Invoices).
DOCUMENT_TYPES = _Members(
    DocumentType,
    DocumentType.NONE,
    DocumentType.INVOICE,
    DocumentType.VOID_NOTE,
    DocumentType.ADJUSTMENT_NOTE,
)
BILLING_PROVIDERS = _Members(
    BillingProvider,
    BillingProvider.NONE,
    BillingProvider.OFFICE,
    BillingProvider.AZURE,
    BillingProvider.ONE_TIME,
    BillingProvider.MARKETPLACE,
    BillingProvider.ALL,
)
LINE_ITEM_TYPES = _Members(
    InvoiceLineItemType,
    InvoiceLineItemType.NONE,
    InvoiceLineItemType.USAGE_LINE_ITEMS,
    InvoiceLineItemType.BILLING_LINE_ITEMS,
)

_OF_KIND: dict[type[enum.Enum], _Members[Any]] = {
    DocumentType: DOCUMENT_TYPES,
    BillingProvider: BILLING_PROVIDERS,
    InvoiceLineItemType: LINE_ITEM_TYPES,
}


def member(kind: type[E], value: str | int | None) -> E | None:
    """The member of an enum that a wire value means; its UNKNOWN where it has none; None for no value."""
    found: E | None = _OF_KIND[kind][value]
    return found
