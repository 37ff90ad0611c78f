"""How line items are asked for, and where the page after one begins.

Those of Office and Azure are paged by offset, those of the new commerce by a token that goes into a header
(docs: get-invoiceline-items, 2023). Links are not followed, for the reasons in `paging`.
"""

from typing import NoReturn

from gateway.billing import Link
from gateway.errors import UpstreamUnreadableError
from gateway.line_items import LineItemsPart, Place
from gateway.partner_center.paging import (
    CONTINUATION_HEADER,
    LONGEST_VALUE,
    PageRequest,
    is_header_value,
    parameters_of,
)

# A quarter of what upstream sends at most (docs: get-invoiceline-items, 2023): one page takes a MB of memory rather
# than four, and serves the next five of the largest pages that callers may ask for.
PAGE_SIZE = 500

LEGACY_PROVIDERS = frozenset({"office", "azure"})

# Of an offset.
_MOST_DIGITS = 12


def request_of(part: LineItemsPart, place: Place) -> PageRequest:
    """The request of the page at a place."""
    parameters = {"provider": part.provider, "invoicelineitemtype": part.line_item_type}
    is_legacy = part.provider in LEGACY_PROVIDERS
    if part.line_item_type == "usagelineitems" and not is_legacy and part.currency_code:
        # "Required" (docs: get-invoice-billed-consumption-lineitems, 2022), as is a period, of which the documents say
        # no more than `current` and `previous`: what is on an invoice was billed before.
        parameters |= {"currencycode": part.currency_code, "period": "previous"}
    parameters["size"] = str(PAGE_SIZE)
    if place.token is not None:
        return PageRequest(parameters | {"seekOperation": "Next"}, {CONTINUATION_HEADER: place.token})
    return PageRequest(parameters | {"offset": str(place.offset)} if is_legacy or place.offset else parameters)


def place_after(place: Place, count: int, link: Link | None, token: str | None) -> Place | None:
    """Where the page after one begins; None where that was the last.

    Args:
        place: where the page begins.
        count: line items on it.
        link: its `links.next`.
        token: its `continuationToken`, which the link has among its headers, too.

    Raises:
        UpstreamUnreadableError: upstream names a place that cannot be asked for, or the same again. To end there
            would be to leave items out.
    """
    token = token or _token_of(link)
    if token:
        if len(token) > LONGEST_VALUE or not is_header_value(token) or token == place.token:
            _refuse()
        return Place(place.offset + count, token)
    # Documented examples have a link to the next page, with an empty offset, behind the last one's items, too.
    if link is None or not link.uri or count == 0:
        return None
    parameters = parameters_of(link.uri)
    if parameters.get("seekOperation"):
        _refuse()
    named = parameters.get("offset", "")
    offset = int(named) if named.isdecimal() and len(named) <= _MOST_DIGITS else 0
    return Place(offset if offset > place.offset else place.offset + count)


def _token_of(link: Link | None) -> str | None:
    sent = link.headers if link is not None else ()
    return next((pair.value for pair in sent if (pair.key or "").casefold() == CONTINUATION_HEADER.casefold()), None)


def _refuse() -> NoReturn:
    raise UpstreamUnreadableError("Partner Center names no place that its next page of line items begins at.")
