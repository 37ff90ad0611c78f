"""What resources of Partner Center have in common: enums, links, attributes, and the base of all values.

Everyone but `line_items` knows them by way of `billing`.
"""

import enum

import msgspec


def letters(text: str) -> str:
    """What all spellings of one name share: `one_time`, `OneTime`, `One-Time` and `one time` become `onetime`."""
    return text.casefold().translate(_SEPARATORS)


_SEPARATORS = str.maketrans("", "", " _-")


class DocumentType(enum.Enum):
    NONE = "none"
    INVOICE = "invoice"
    VOID_NOTE = "void_note"
    ADJUSTMENT_NOTE = "adjustment_note"
    RECONCILIATION = "reconciliation"
    UNKNOWN = "unknown"


class BillingProvider(enum.Enum):
    NONE = "none"
    OFFICE = "office"
    AZURE = "azure"
    ONE_TIME = "one_time"
    MARKETPLACE = "marketplace"
    ALL = "all"
    UNKNOWN = "unknown"


class InvoiceLineItemType(enum.Enum):
    NONE = "none"
    USAGE_LINE_ITEMS = "usage_line_items"
    BILLING_LINE_ITEMS = "billing_line_items"
    UNKNOWN = "unknown"


class Value(msgspec.Struct, frozen=True, gc=False):
    """Base of the values. They hold no cycles, so the garbage collector need not track them."""


class KeyValuePair(Value, frozen=True, gc=False):
    key: str | None = None
    value: str | None = None


class Link(Value, frozen=True, gc=False):
    uri: str | None = None
    method: str | None = None
    headers: tuple[KeyValuePair, ...] = ()


class ResourceLinks(Value, frozen=True, gc=False):
    self: Link | None = None
    next: Link | None = None
    previous: Link | None = None


class ResourceAttributes(Value, frozen=True, gc=False):
    etag: str | None = None
    object_type: str | None = None
