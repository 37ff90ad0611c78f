"""One page of a collection: filtered, ordered, cut, with cursors. Relay's connections, without GraphQL types."""

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from gateway.billing import Invoice, InvoiceCollection
from gateway.errors import BadUserInputError
from gateway.schema.enums import InvoiceOrder
from gateway.schema.filters import Criteria
from gateway.schema.ordering import read_cursor, sort_key, write_cursor

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 25


@dataclasses.dataclass(frozen=True, slots=True)
class PageArguments:
    """Which page of which order is asked for.

    Attributes:
        first: items from the start of what `after` and `before` leave; 1 to 100, and not with `last`.
        last: items from its end.
    """

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    order: InvoiceOrder

    def check(self) -> None:
        """Refuse what no page can answer, before anything is loaded.

        Raises:
            BadUserInputError: a size out of bounds, or both sizes.
        """
        if self.first is not None and self.last is not None:
            raise BadUserInputError("Ask for first or last, not both.")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
                raise BadUserInputError(f"{name} is 1 to {MAX_PAGE_SIZE}.")


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


def page_of(collection: InvoiceCollection, criteria: Criteria, asked: PageArguments) -> Page:
    """The page that is asked for.

    Raises:
        BadUserInputError: a cursor is not one, or belongs elsewhere.
    """
    digest, key = criteria.digest, sort_key(asked.order)
    after = None if asked.after is None else read_cursor(asked.after, asked.order, digest)
    before = None if asked.before is None else read_cursor(asked.before, asked.order, digest)
    matching = sorted(filter(criteria.matches, collection.invoices), key=key)
    start = 0 if after is None else bisect_right(matching, after, key=key)
    end = len(matching) if before is None else max(start, bisect_left(matching, before, key=key))
    if asked.last is not None:
        start = max(start, end - asked.last)
    else:
        end = min(end, start + (asked.first or DEFAULT_PAGE_SIZE))
    return Page(matching, start, end, asked.order, digest)
