"""Exact sums over invoices, one per currency; nothing is ever converted or rounded."""

import decimal
from collections.abc import Iterable

import strawberry

from gateway.billing import Invoice

# Amounts have at most 64 digits on either side of the point (partner_center.amounts), so their sums are far within
# this precision; were one not, the trap would make it an error, never a rounded figure.
_EXACT = decimal.Context(prec=200, traps=[decimal.Inexact, decimal.InvalidOperation])
_ZERO = decimal.Decimal(0)


@strawberry.type(description="Exact sums over the matching invoices of one currency.")
class CurrencyTotal:
    currency_code: str = strawberry.field(description="The ISO 4217 code.")
    count: int = strawberry.field(description="How many invoices are summed.")
    total_charges: decimal.Decimal = strawberry.field(
        description="Sum of their total charges; a missing one adds nothing."
    )
    paid_amount: decimal.Decimal = strawberry.field(description="Sum of what was paid; a missing one adds nothing.")


def totals(invoices: Iterable[Invoice]) -> list[CurrencyTotal]:
    """One total per currency, in order of the code. An invoice without currency is in none."""
    by_code: dict[str, CurrencyTotal] = {}
    for invoice in invoices:
        code = invoice.currency_code
        if code is None:
            continue
        total = by_code.setdefault(
            code, CurrencyTotal(currency_code=code, count=0, total_charges=_ZERO, paid_amount=_ZERO)
        )
        total.count += 1
        total.total_charges = _EXACT.add(total.total_charges, invoice.total_charges or _ZERO)
        total.paid_amount = _EXACT.add(total.paid_amount, invoice.paid_amount or _ZERO)
    return [by_code[code] for code in sorted(by_code)]
