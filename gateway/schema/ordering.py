"""Orders of invoices, and cursors: places in an order that hold while invoices are added.

A cursor is the sort key of the invoice it was given with, so it needs no list to be found in again. It also
names its order and its criteria, and is refused with any other.
"""

import base64
import binascii
import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from gateway.billing import Invoice
from gateway.errors import BadUserInputError
from gateway.schema.enums import InvoiceOrder

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class SortKey(NamedTuple):
    """Where an invoice stands: present values before missing ones, then by value, ties by id.

    Attributes:
        is_missing: whether the invoice lacks what is ordered by.
        rank: microseconds since 1970, or an amount; turned round where the order descends; zero where missing.
        id: of the invoice.
    """

    is_missing: bool
    rank: int | decimal.Decimal
    id: str


def _microseconds(invoice: Invoice) -> int | None:
    return None if invoice.invoice_date is None else (invoice.invoice_date - _EPOCH) // _MICROSECOND


def _negated_microseconds(invoice: Invoice) -> int | None:
    rank = _microseconds(invoice)
    return None if rank is None else -rank


def _negated_charges(invoice: Invoice) -> decimal.Decimal | None:
    # Unlike the minus sign, this does not round to the precision of the decimal context.
    return None if invoice.total_charges is None else invoice.total_charges.copy_negate()


_RANKS: dict[InvoiceOrder, Callable[[Invoice], int | decimal.Decimal | None]] = {
    InvoiceOrder.INVOICE_DATE_ASC: _microseconds,
    InvoiceOrder.INVOICE_DATE_DESC: _negated_microseconds,
    InvoiceOrder.TOTAL_CHARGES_ASC: lambda invoice: invoice.total_charges,
    InvoiceOrder.TOTAL_CHARGES_DESC: _negated_charges,
}


def sort_key(order: InvoiceOrder) -> Callable[[Invoice], SortKey]:
    """The key that invoices are ordered by."""
    rank_of = _RANKS[order]

    def key(invoice: Invoice) -> SortKey:
        rank = rank_of(invoice)
        return SortKey(rank is None, 0 if rank is None else rank, invoice.id)

    return key


class _Cursor(msgspec.Struct, array_like=True, frozen=True):
    order: str
    criteria: str
    is_missing: bool
    rank: str
    id: str


_decoder = msgspec.json.Decoder(_Cursor)


def write_cursor(order: InvoiceOrder, criteria: str, key: SortKey) -> str:
    """The cursor of a place.

    Args:
        order: that the place is in.
        criteria: digest of the criteria that the list meets.
        key: of the invoice at the place.
    """
    cursor = _Cursor(order.name, criteria, key.is_missing, str(key.rank), key.id)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, order: InvoiceOrder, criteria: str) -> SortKey:
    """The place of a cursor.

    Raises:
        BadUserInputError: it is no cursor, or one of another order or other criteria.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = _decoder.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
        rank: Any = int(cursor.rank) if "DATE" in order.name else decimal.Decimal(cursor.rank)
    except (ValueError, binascii.Error, decimal.InvalidOperation, RecursionError):
        raise BadUserInputError("This is not a cursor of this gateway.") from None
    if (cursor.order, cursor.criteria) != (order.name, criteria):
        raise BadUserInputError("This cursor belongs to another order or filter.")
    if isinstance(rank, decimal.Decimal) and not rank.is_finite():
        raise BadUserInputError("This is not a cursor of this gateway.")
    return SortKey(cursor.is_missing, rank, cursor.id)
