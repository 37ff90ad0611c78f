"""A partner's invoice summaries: one per currency, the balances summed from its own invoices."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gateway.sandbox import dates
from gateway.sandbox.amounts import DOCUMENTED_BALANCES, Part, hundredths, money
from gateway.sandbox.generation import FIRST_PARTNER
from gateway.sandbox.invoices import balances

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.sandbox.invoices import Invoice

# Docs get-invoice-summaries: the first partner's last payment is the example's.
_DOCUMENTED_PAYMENT: Final = (Decimal(1000), "2017-01-01T12:00:00Z")
_NO_PAYMENT: Final = (Decimal(0), dates.SENTINEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One summary; dates as the wire carries them. `details` is empty in the summary of an invoice type."""

    balance_amount: Decimal
    currency: str
    accounting_date: str
    first_invoice_creation_date: str
    last_payment_date: str
    last_payment_amount: Decimal
    latest_invoice_date: str
    details: tuple[tuple[str, Summary], ...] = field(default=())


def summaries(partner: str, seed: int, invoices: Sequence[Invoice]) -> tuple[Summary, ...]:
    """The summaries in the order of the documented example: GBP, CHF, EUR."""
    sums = balances(invoices)
    moments: defaultdict[Part, list[datetime]] = defaultdict(list)
    for invoice in invoices:
        moments[invoice.part].append(dates.midnight(invoice.date))
    parts: defaultdict[str, list[tuple[str, Summary]]] = defaultdict(list)
    for part in DOCUMENTED_BALANCES:
        payment = _payment(partner, seed, part, max(moments[part]))
        summary = _part_summary(part, sums[part], moments[part], payment)
        parts[part.currency].append((part.invoice_type, summary))
    return tuple(_currency_summary(details) for details in parts.values())


def _part_summary(part: Part, balance: Decimal, moments: Sequence[datetime], payment: tuple[Decimal, str]) -> Summary:
    """As in the example: legacy dates have a zone and modern ones none, and legacy has no latest invoice."""
    legacy = part.invoice_type == "Recurring"
    shape: dates.DateShape = "zulu" if legacy else "naive"
    latest = dates.write(max(moments), shape)
    return Summary(
        # Sums over amounts of many digits end in zeros that nobody writes.
        balance_amount=money(hundredths(balance)),
        currency=part.currency,
        accounting_date=latest,
        first_invoice_creation_date=dates.write(min(moments), shape),
        last_payment_date=payment[1],
        last_payment_amount=payment[0],
        latest_invoice_date=dates.SENTINEL if legacy else latest,
    )


def _currency_summary(details: Sequence[tuple[str, Summary]]) -> Summary:
    """As in the example: the first type gives first invoice and payment, the last one the latest dates."""
    first, last = details[0][1], details[-1][1]
    return Summary(
        balance_amount=sum((summary.balance_amount for _, summary in details), Decimal(0)),
        currency=first.currency,
        accounting_date=last.accounting_date,
        first_invoice_creation_date=first.first_invoice_creation_date,
        last_payment_date=first.last_payment_date,
        last_payment_amount=first.last_payment_amount,
        latest_invoice_date=last.latest_invoice_date,
        details=tuple(details),
    )


def _payment(partner: str, seed: int, part: Part, latest: datetime) -> tuple[Decimal, str]:
    if part.invoice_type != "Recurring":
        return _NO_PAYMENT
    if partner == FIRST_PARTNER:
        return _DOCUMENTED_PAYMENT
    rng = random.Random(f"{seed}:{partner}:payment")
    paid_at = latest.replace(hour=rng.randrange(24), minute=rng.randrange(60))
    return money(rng.randrange(100_001, 9_999_999)), dates.write(paid_at, "zulu")
