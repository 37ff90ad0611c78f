"""One page of `GET /v1/invoices`: size, offset, filter, and the link to the next page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from gateway.sandbox import wire
from gateway.sandbox.error_bodies import invalid_request
from gateway.sandbox.filter import parse_filter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.sandbox.invoices import Invoice
    from gateway.sandbox.partners import Partner
    from gateway.sandbox.quirks import Quirks

# Default and maximum; Microsoft's own are not documented (assumed).
MAX_SIZE: Final = 500

# No host of this name can exist (RFC 2606): whoever follows the link there leaks its token.
_FOREIGN: Final = "https://elsewhere.invalid/v1"

# Ids ending so have unknown enum values under that quirk: a third of any run of ids.
_UNKNOWN_ENDINGS: Final = ("1", "4", "7")


def number(query: Mapping[str, str], name: str, default: int, minimum: int) -> int:
    """A whole number of the query; what is given but no such number, even nothing, is refused with 400."""
    text = query.get(name)
    if text is None:
        return default
    # Nine digits are enough for any page, and keep `int` from refusing a text of thousands.
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < minimum:  # noqa: PLR2004
        raise invalid_request()
    return int(text)


def page(partner: Partner, query: Mapping[str, str], quirks: Quirks, base_url: str) -> bytes:
    """The page a query asks for, as JSON. `base_url` is the server's own, for absolute links."""
    size = min(number(query, "size", MAX_SIZE, 1), MAX_SIZE)
    offset = number(query, "offset", 0, 0)
    invoices = _filtered(partner.invoices, query)
    whole = quirks.ignore_size or quirks.ignore_size_with_next
    shown = invoices if whole else invoices[offset : offset + size]
    links = {"self": wire.link(_uri(size, offset, query))}
    more = offset + size < len(invoices)
    if quirks.next_link == "loop":
        links["next"] = links["self"]
    elif more and (not whole or quirks.ignore_size_with_next):
        links["next"] = wire.link(_next_uri(size, offset + size, query, quirks, base_url))
    return wire.collection((_item(partner, invoice, quirks) for invoice in shown), len(shown), links)


def has_unknown_enums(invoice: Invoice, quirks: Quirks) -> bool:
    return quirks.unknown_enums and invoice.id.endswith(_UNKNOWN_ENDINGS)


def _item(partner: Partner, invoice: Invoice, quirks: Quirks) -> bytes:
    if has_unknown_enums(invoice, quirks):
        return wire.encode(wire.with_unknown_enums(wire.invoice_item(invoice)))
    return partner.item(invoice)


def _filtered(invoices: Sequence[Invoice], query: Mapping[str, str]) -> Sequence[Invoice]:
    text = query.get("filter")
    if text is None:
        return invoices
    try:
        matches = parse_filter(text)
    except ValueError:
        raise invalid_request() from None
    return [invoice for invoice in invoices if matches(invoice.date)]


def _uri(size: int, offset: int | str, query: Mapping[str, str]) -> str:
    """Relative, and without the version (docs get-a-collection-of-invoices, 2023)."""
    asked: dict[str, object] = {"size": size, "offset": offset}
    if "filter" in query:
        asked["filter"] = query["filter"]
    return f"/invoices?{urlencode(asked)}"


def _next_uri(size: int, offset: int, query: Mapping[str, str], quirks: Quirks, base_url: str) -> str:
    uri = _uri(size, offset, query)
    match quirks.next_link:
        case "absolute":
            return f"{base_url.rstrip('/')}/v1{uri}"
        case "foreign":
            return f"{_FOREIGN}{uri}"
        case "with_v1":
            return f"/v1{uri}"
        case "empty_offset":
            return _uri(size, "", query)
        case "double_question_mark":
            return f"/invoices?offset={offset}&size={size}?seekOperation=Next"
        case _:
            return uri
