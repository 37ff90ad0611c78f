"""Pages of line items as callers ask for them, cut from upstream's pages, with cursors. Without GraphQL types.

Nothing is read ahead: whether there is more is what upstream says of the page that was read last.
"""

import base64
import hashlib
import re
from http import HTTPStatus
from typing import Annotated, NamedTuple

import msgspec

from gateway.billing import InvoiceDetail, letters
from gateway.errors import BadUserInputError, UpstreamError, UpstreamUnreadableError
from gateway.line_items import AnyLineItem, LineItemsPart, Place
from gateway.resources import BillingProvider, InvoiceLineItemType
from gateway.schema.context import Info, value_of
from gateway.schema.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

# Upstream pages for one of ours: one or two where upstream's are as long as it was asked for. Where they are much
# shorter, so is ours.
MOST_PAGES = 20

# Of a detail's own link, which knows the names of tomorrow: .../lineitems/OneTime/BillingLineItems.
_NAMES = re.compile(r"/lineitems/([A-Za-z]{1,32})/([A-Za-z]{1,32})(?:\?|$)", re.ASCII)
_UNASKABLE = frozenset(
    {BillingProvider.NONE, BillingProvider.UNKNOWN, InvoiceLineItemType.NONE, InvoiceLineItemType.UNKNOWN}
)
# As many items as a page of upstream's may have.
_MOST_SKIPPED = 10_000


class Mark(NamedTuple):
    """A place between two line items.

    Attributes:
        place: where a page of upstream's begins.
        skipped: how many of its line items stand before the mark.
    """

    place: Place
    skipped: int = 0


class LineItemEdge(NamedTuple):
    """A line item and the cursor of its place."""

    cursor: str
    node: AnyLineItem


class LineItems(NamedTuple):
    """One page.

    Attributes:
        part: what it is a page of.
        items: its line items.
        marks: behind each of them.
        has_more: whether more are known of, or upstream names a further page.
    """

    part: LineItemsPart
    items: list[AnyLineItem]
    marks: list[Mark]
    has_more: bool

    @property
    def edges(self) -> list[LineItemEdge]:
        return [
            LineItemEdge(write_cursor(self.part, mark), item) for item, mark in zip(self.items, self.marks, strict=True)
        ]

    @property
    def end_cursor(self) -> str | None:
        return write_cursor(self.part, self.marks[-1]) if self.marks else None


def part_of(detail: InvoiceDetail) -> LineItemsPart | None:
    """The line items of a part of an invoice; None where nothing says whose and which they are."""
    provider, type_ = detail.billing_provider, detail.invoice_line_item_type
    if not detail.invoice_id:
        return None
    if provider is not None and type_ is not None and not {provider, type_} & _UNASKABLE:
        names = (letters(provider.value), letters(type_.value))
    else:
        link = detail.links.self if detail.links is not None else None
        found = _NAMES.search(link.uri) if link is not None and link.uri is not None else None
        if found is None:
            return None
        names = (found[1].casefold(), found[2].casefold())
    return LineItemsPart(detail.invoice_id, *names, detail.invoice_currency_code)


async def page_of(part: LineItemsPart, info: Info, first: int | None, after: str | None) -> LineItems:
    """The page that is asked for, of as many pages of upstream's as it takes.

    Args:
        part: the line items of a part of an invoice.
        info: of the field.
        first: how many at most; None for as many as is usual.
        after: the cursor of the place that the page stands behind.

    Raises:
        GatewayError: what is asked for is not acceptable, or a page cannot be read.
    """
    if first is not None and not 1 <= first <= MAX_PAGE_SIZE:
        raise BadUserInputError(f"first is 1 to {MAX_PAGE_SIZE}.")
    count = DEFAULT_PAGE_SIZE if first is None else first
    mark = Mark(Place()) if after is None else read_cursor(after, part)
    items: list[AnyLineItem] = []
    marks: list[Mark] = []
    for number in range(MOST_PAGES):
        try:
            page = value_of(await info.context.loaders.line_items_by_place.load((part, mark.place)), info)
        except UpstreamError as error:
            if number == 0 and mark.place != Place() and error.upstream_status == HTTPStatus.BAD_REQUEST:
                raise BadUserInputError("Partner Center does not know this cursor any more: begin anew.") from None
            raise
        end = min(len(page.items), mark.skipped + count - len(items))
        items += page.items[mark.skipped : end]
        # Behind a page's last item stands the next page: it is read without this one, then.
        marks += [
            Mark(page.next) if index == len(page.items) and page.next else Mark(mark.place, index)
            for index in range(mark.skipped + 1, end + 1)
        ]
        if end < len(page.items) or page.next is None or len(items) == count:
            return LineItems(part, items, marks, end < len(page.items) or page.next is not None)
        mark = Mark(page.next)
    if items:
        return LineItems(part, items, marks, has_more=True)
    raise UpstreamUnreadableError("Partner Center names page after page without line items.")


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A token goes into a header, whoever made it up."""

    digest: str
    offset: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    token: Annotated[str, msgspec.Meta(pattern=r"\A[\x20-\x7e]{1,4096}\Z")] | None
    skipped: Annotated[int, msgspec.Meta(ge=0, le=_MOST_SKIPPED)]


_decoder = msgspec.json.Decoder(_Cursor)


def write_cursor(part: LineItemsPart, mark: Mark) -> str:
    """The cursor of a mark: it names upstream's page itself, and so is good in any process, for as long as that is."""
    place = mark.place
    cursor = _Cursor(_digest(part, mark), place.offset, place.token, mark.skipped)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, part: LineItemsPart) -> Mark:
    """The mark of a cursor.

    Raises:
        BadUserInputError: it is none, or one of other line items.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = _decoder.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadUserInputError("This is not a cursor of this gateway.") from None
    mark = Mark(Place(cursor.offset, cursor.token), cursor.skipped)
    if cursor.digest != _digest(part, mark):
        raise BadUserInputError("This cursor belongs to other line items, or is damaged.")
    return mark


def _digest(part: LineItemsPart, mark: Mark) -> str:
    """Tells a cursor of other line items, and a damaged one. No secret: whoever makes one up asks as themselves."""
    named = msgspec.json.encode([part.invoice_id, part.provider, part.line_item_type, mark])
    return hashlib.sha256(named).hexdigest()[:16]
