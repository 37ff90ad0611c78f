"""One page of a collection: filtered, ordered, cut, with cursors. Relay's connections, without GraphQL types."""

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from gateway.billing import Invoice, InvoiceCollection
from gateway.errors import BadUserInputError
from gateway.schema.enums import InvoiceOrder
from gateway.schema.filters import Criteria
from gateway.schema.ordering import SortKey, read_cursor, sort_key, write_cursor

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 25


@dataclasses.dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which invoices is asked for; nothing is in it that no page can answer.

    Attributes:
        criteria: what the invoices meet.
        order: of the invoices.
        first: items from the start of what `after` and `before` leave; not with `last`.
        last: items from its end.
        after: the place that the page stands behind.
        before: the place that it stands in front of.
    """

    criteria: Criteria
    order: InvoiceOrder
    first: int | None
    last: int | None
    after: SortKey | None
    before: SortKey | None

    @classmethod
    def of(  # noqa: PLR0913 — the arguments of a connection.
        cls,
        criteria: Criteria,
        order: InvoiceOrder,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> "PageRequest":
        """From the arguments of a connection.

        Raises:
            BadUserInputError: a size out of bounds, both sizes, no cursor, or one that belongs elsewhere.
        """
        if first is not None and last is not None:
            raise BadUserInputError("Ask for first or last, not both.")
        for name, size in (("first", first), ("last", last)):
            if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
                raise BadUserInputError(f"{name} is 1 to {MAX_PAGE_SIZE}.")

        def place(cursor: str | None) -> SortKey | None:
            return None if cursor is None else read_cursor(cursor, order, criteria.digest)

        return cls(criteria, order, first, last, place(after), place(before))


class Edge(NamedTuple):
    """An invoice and the cursor of its place."""

    cursor: str
    node: Invoice


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        matching: every invoice that meets the criteria, in the order asked.
        start: index of the page's first invoice in it.
        end: index behind its last.
        order: of the invoices.
        criteria: digest of what they meet.
    """

    matching: Sequence[Invoice]
    start: int
    end: int
    order: InvoiceOrder
    criteria: str

    @property
    def invoices(self) -> Sequence[Invoice]:
        return self.matching[self.start : self.end]

    @property
    def edges(self) -> list[Edge]:
        return [Edge(self.cursor(invoice), invoice) for invoice in self.invoices]

    def cursor(self, invoice: Invoice) -> str:
        return write_cursor(self.order, self.criteria, sort_key(self.order)(invoice))


def page_of(collection: InvoiceCollection, asked: PageRequest) -> Page:
    """The page of a collection that is asked for."""
    key = sort_key(asked.order)
    ordered = collection.in_order(asked.order, key)
    matching = ordered if asked.criteria.is_empty else tuple(filter(asked.criteria.matches, ordered))
    start = 0 if asked.after is None else bisect_right(matching, asked.after, key=key)
    end = len(matching) if asked.before is None else max(start, bisect_left(matching, asked.before, key=key))
    if asked.last is not None:
        start = max(start, end - asked.last)
    else:
        end = min(end, start + (asked.first or DEFAULT_PAGE_SIZE))
    return Page(matching, start, end, asked.order, asked.criteria.digest)
