"""Partner Center's line items become values, member by member.

The definition of a kind's value says all there is to know of its members: which there are, their names, what they are
read as. Whatever else an item has is passed over. Reading is as tolerant as the wire is loose: the same member is a
number on one item and a text on the next (docs samples get-invoiceline-items, 2021 and 2023).
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from gateway.billing import BillingProvider, InvoiceLineItemType, letters
from gateway.errors import UpstreamUnreadableError
from gateway.line_items import KINDS, AnyLineItem, LineItemsPage, LineItemsPart, Place, kind_of
from gateway.partner_center import wire
from gateway.partner_center.amounts import amount
from gateway.partner_center.enums import member
from gateway.partner_center.envelope import UNREADABLE, items_of, page_of, to_attributes, to_links
from gateway.partner_center.instants import instant
from gateway.partner_center.line_item_paging import place_after

# Five times what upstream sends where it does not heed the size that it is asked for.
MAX_ITEMS = 10_000

_NULL = b"null"

_page = msgspec.json.Decoder(wire.LineItems)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_attributes = msgspec.json.Decoder(wire.Attributes | None)
_enum_value = msgspec.json.Decoder(str | int | None)
_number = msgspec.json.Decoder(Decimal)
_text = msgspec.json.Decoder(str)
_texts = msgspec.json.Decoder(list[str])

# So long a text comes again and again on a page, and is kept once. Not interned: Python 3.12 never forgets those.
_LONGEST_SHARED_BYTES = 66  # As it is sent, in its quotes.


def line_items_page(body: bytes, part: LineItemsPart, place: Place) -> LineItemsPage:
    """An answer of `GET /v1/invoices/{id}/lineitems`, which was asked for a part from a place on.

    Raises:
        UpstreamUnreadableError: it is no such answer; an amount that is none is named with its place.
    """
    page = page_of(body, _page)
    if len(page.items) > MAX_ITEMS:
        raise UpstreamUnreadableError("Partner Center sends more line items on a page than the gateway reads.")
    asked = (part.provider, part.line_item_type)
    shared: dict[bytes, str] = {}
    items = items_of(page, lambda item: _line_item(item, asked, shared))
    links = to_links(page.links)
    following = None if links is None else links.next
    return LineItemsPage(items, place_after(place, len(items), following, page.continuation_token))


def _line_item(sent: msgspec.Raw, asked: tuple[str, str], shared: dict[bytes, str]) -> AnyLineItem:
    # Documents and samples differ in case: `preTaxCharges`, `pretaxCharges`.
    raw = {name.casefold(): bytes(value) for name, value in _object.decode(sent).items()}
    attributes = to_attributes(_attributes.decode(raw.get("attributes", _NULL)))
    object_type = None if attributes is None else attributes.object_type
    provider = member(BillingProvider, _enum_value.decode(raw.get("billingprovider", _NULL)))
    line_item_type = member(InvoiceLineItemType, _enum_value.decode(raw.get("invoicelineitemtype", _NULL)))
    kind = kind_of(object_type, provider, line_item_type, asked)
    given: dict[str, Any] = {}
    for each in _MEMBERS[kind]:
        value = raw.get(each.wire_name, _NULL)
        if value != _NULL:
            is_shared = each.read is _read_text and len(value) <= _LONGEST_SHARED_BYTES
            if is_shared and value in shared:
                given[each.name] = shared[value]
                continue
            try:
                given[each.name] = found = each.read(value)
            except UNREADABLE as error:
                raise ValueError(f"not a value of this member - at `$.{each.place}`") from error
            if is_shared:
                shared[value] = found
    return kind(billing_provider=provider, invoice_line_item_type=line_item_type, attributes=attributes, **given)


def _read_text(value: bytes) -> str:
    """What is no text is told as it was sent: an id's digits, or a part in JSON."""
    return _text.decode(value) if value.startswith(b'"') else value.decode()


def _read_amount(value: bytes) -> Decimal | None:
    return None if value == b'""' else amount(_number.decode(value))


def _read_instant(value: bytes) -> datetime | None:
    return instant(_text.decode(value)) if value.startswith(b'"') else None


def _read_flag(value: bytes) -> bool | None:
    """None where it is neither."""
    return {b"true": True, b"false": False}.get(value)


def _read_texts(value: bytes) -> tuple[str, ...]:
    """One text stands for a list of it (docs: invoice-resources, ProductQualifiers, 2022); samples have lists."""
    if value.startswith(b"["):
        return tuple(_texts.decode(value))
    text = _read_text(value)
    return (text,) if text else ()


class _Member(NamedTuple):
    """A member of a kind.

    Attributes:
        name: in its value.
        wire_name: in mere letters.
        place: its name where an error is told.
        read: the value from what was sent, which is not null.
    """

    name: str
    wire_name: str
    place: str
    read: Callable[[bytes], Any]


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


_READERS: dict[Any, Callable[[bytes], Any]] = {
    str | None: _read_text,
    Decimal | None: _read_amount,
    datetime | None: _read_instant,
    bool | None: _read_flag,
    tuple[str, ...]: _read_texts,
}

_READ_FIRST = frozenset({"billing_provider", "invoice_line_item_type", "attributes"})

_MEMBERS: dict[type[AnyLineItem], tuple[_Member, ...]] = {
    kind: tuple(
        _Member(field.name, letters(field.name), _camel(field.name), _READERS[field.type])
        for field in msgspec.structs.fields(kind)
        if field.name not in _READ_FIRST
    )
    for kind in KINDS
}
