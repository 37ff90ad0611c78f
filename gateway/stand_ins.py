"""What stands in for what: of some kept answers the best, and for an invoice the entry that a collection has of it."""

from typing import Any, TypeVar

from gateway.billing import Invoice, InvoiceCollection
from gateway.cache import Found, Reading
from gateway.errors import GatewayError
from gateway.freshness import Served
from gateway.readings import is_refused_by_id

T = TypeVar("T")


def freshest(*kept: tuple[Reading[Any], Found[T] | None]) -> tuple[Reading[Any], Found[T]] | None:
    """The first that is fresh; else the first that may be served at once."""
    at_once = [(reading, found) for reading, found in kept if found is not None and found.at_once]
    return next((each for each in at_once if each[1].is_fresh), at_once[0] if at_once else None)


def entry_of(listed: Found[InvoiceCollection] | None, invoice_id: str) -> Found[Invoice | None] | None:
    """What a kept collection has of an invoice."""
    served = listed_as(listed.served, invoice_id) if listed is not None else None
    return None if listed is None or served is None else Found(served, listed.at_once, listed.to_renew)


def listed_as(listed: Served[InvoiceCollection], invoice_id: str) -> Served[Invoice | None] | None:
    """What a collection has of an invoice."""
    entry = listed.value.by_id.get(invoice_id)
    if entry is None:
        return None
    return Served(entry, listed.age_s, listed.stale_because, listed.fresh_until_s, listed.read_at_s)


def may_still_be_listed(answer: Served[Invoice | None] | BaseException) -> bool:
    """Whether the collection may have an invoice that upstream denies by id."""
    if isinstance(answer, BaseException):
        return isinstance(answer, GatewayError) and is_refused_by_id(answer)
    return answer.value is None
