"""Which invoices of a collection a field is about: the caller's filter and the summary it stands in."""

import dataclasses
import datetime as dt
import decimal
import hashlib
from typing import Any, TypeVar

import strawberry
from strawberry import UNSET

from gateway.billing import Invoice, InvoiceDateWindow, letters
from gateway.schema.enums import DocumentType

T = TypeVar("T")


def given(value: T | None) -> T | None:
    """An argument's value; None where it was left out, which means the same to every argument here as null."""
    return None if value is UNSET else value


@strawberry.input(description="From is included, until is not.")
class DateTimeRange:
    from_: dt.datetime | None = strawberry.field(name="from", default=UNSET, description="The first instant.")
    until: dt.datetime | None = strawberry.field(default=UNSET, description="The first instant after the range.")


@strawberry.input(description="Both ends are included.")
class DecimalRange:
    min: decimal.Decimal | None = strawberry.field(default=UNSET, description="The least amount.")
    max: decimal.Decimal | None = strawberry.field(default=UNSET, description="The greatest amount.")


@strawberry.input(description="Invoices that meet every condition given.")
class InvoiceFilter:
    currency_code: str | None = strawberry.field(
        default=UNSET, description="The ISO 4217 code of the invoice's currency."
    )
    invoice_type: str | None = strawberry.field(
        default=UNSET,
        description="Matched without regard to case, space, hyphen or underscore: "
        "OneTime, one_time and oneTime are one.",
    )
    document_type: DocumentType | None = strawberry.field(default=UNSET, description="The kind of document.")
    state: str | None = strawberry.field(default=UNSET, description="The state as Partner Center spells it.")
    invoice_date: DateTimeRange | None = strawberry.field(
        default=UNSET, description="When it was issued. An invoice without a date is in no range."
    )
    total_charges: DecimalRange | None = strawberry.field(
        default=UNSET, description="Its total charges. An invoice without them is in no range."
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Within:
    """The summary that a field stands in: its currency and, in a part of a summary, its type."""

    currency_code: str | None = None
    invoice_type: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Criteria:
    """All conditions an invoice must meet, in one spelling.

    Attributes:
        currency_codes: each must be the invoice's; more than one are met by none.
        invoice_types: likewise.
    """

    currency_codes: tuple[str, ...]
    invoice_types: tuple[str, ...]
    document_type: str | None
    state: str | None
    issued_from: dt.datetime | None
    issued_until: dt.datetime | None
    least_charges: decimal.Decimal | None
    greatest_charges: decimal.Decimal | None

    @classmethod
    def of(cls, asked: InvoiceFilter | None, within: Within) -> "Criteria":
        asked = given(asked) or InvoiceFilter()
        issued = given(asked.invoice_date) or DateTimeRange()
        charges = given(asked.total_charges) or DecimalRange()
        document_type, state = given(asked.document_type), given(asked.state)
        codes = {code.casefold() for code in (given(asked.currency_code), within.currency_code) if code is not None}
        types = {letters(kind) for kind in (given(asked.invoice_type), within.invoice_type) if kind is not None}
        return cls(
            currency_codes=tuple(sorted(codes)),
            invoice_types=tuple(sorted(types)),
            document_type=None if document_type is None else document_type.name,
            state=None if state is None else state.casefold(),
            issued_from=given(issued.from_),
            issued_until=given(issued.until),
            least_charges=given(charges.min),
            greatest_charges=given(charges.max),
        )

    @property
    def is_empty(self) -> bool:
        """Whether every invoice meets them."""
        return self == _NO_CRITERIA

    @property
    def window(self) -> InvoiceDateWindow:
        """The days that hold every invoice these criteria can match."""
        from_day = self.issued_from.date() if self.issued_from else None
        until_day = None
        if self.issued_until and self.issued_until.date() < dt.date.max:
            is_midnight = self.issued_until.time() == dt.time.min
            until_day = self.issued_until.date() + dt.timedelta(days=0 if is_midnight else 1)
        return InvoiceDateWindow(from_day, until_day)

    @property
    def digest(self) -> str:
        """Tells a cursor of these criteria from one of others. No secret and no key, so a short hash will do."""
        return hashlib.sha256(repr(dataclasses.astuple(self)).encode()).hexdigest()[:16]

    def matches(self, invoice: Invoice) -> bool:
        return (
            all(
                invoice.currency_code is not None and invoice.currency_code.casefold() == code
                for code in self.currency_codes
            )
            and all(
                invoice.invoice_type is not None and letters(invoice.invoice_type) == kind
                for kind in self.invoice_types
            )
            and self.document_type in (None, invoice.document_type and invoice.document_type.name)
            and self.state in (None, invoice.state and invoice.state.casefold())
            and _is_between(invoice.invoice_date, self.issued_from, self.issued_until, includes_end=False)
            and _is_between(invoice.total_charges, self.least_charges, self.greatest_charges, includes_end=True)
        )


_NO_CRITERIA = Criteria.of(None, Within())


def _is_between(value: Any, start: Any, end: Any, *, includes_end: bool) -> bool:
    """Whether a value lies in a range; a missing one lies only in the range without bounds."""
    if start is None and end is None:
        return True
    if value is None or (start is not None and value < start):
        return False
    return end is None or value < end or (includes_end and value == end)
