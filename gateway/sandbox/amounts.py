"""Money of the sandbox: the documented balances, amounts drawn at random, a sum split exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

InvoiceType = Literal["Recurring", "OneTime"]


class Part(NamedTuple):
    """What one balance belongs to: a currency and one of its invoice types."""

    currency: str
    invoice_type: InvoiceType


# Docs get-invoice-summaries, example of 2019 and 2023. The order is that of its items and details.
DOCUMENTED_BALANCES: Final[Mapping[Part, Decimal]] = {
    Part("GBP", "Recurring"): Decimal("202955.87"),
    Part("GBP", "OneTime"): Decimal("548138.52"),
    Part("CHF", "OneTime"): Decimal("1230.33"),
    Part("EUR", "OneTime"): Decimal("1001.12"),
}

# The franc's symbol is its code: docs get-invoice-summaries, 2023.
SYMBOLS: Final[Mapping[str, str]] = {"GBP": "£", "CHF": "CHF", "EUR": "€"}


def money(cents: int) -> Decimal:
    """Hundredths as an amount; a whole amount has no fraction, as on the wire (`1000`, not `1000.00`)."""
    whole, fraction = divmod(cents, 100)
    return Decimal(cents).scaleb(-2) if fraction else Decimal(whole)


def hundredths(amount: Decimal) -> int:
    """The amount in hundredths, what is finer cut off."""
    return int(amount.scaleb(2))


def draw_amount(rng: random.Random) -> Decimal:
    """An amount from 50 to 100,000, small ones more often.

    One in twelve is whole. One in sixty has 16 fraction digits, more than a binary float can hold (upstream
    sends up to 22 digits): sums of such amounts still fit the 28 digits of Python's default decimal context.
    """
    cents = int(10 ** rng.uniform(3.7, 7.0))
    kind = rng.randrange(60)
    if kind == 0:
        return money(cents) + Decimal(rng.randrange(1, 10**14)).scaleb(-16)
    return money(cents - cents % 100 if kind <= 60 // 12 else cents)


def split(total: Decimal, shares: int, rng: random.Random) -> list[Decimal]:
    """`shares` positive amounts of whole hundredths whose sum is exactly `total`; the last takes the rest.

    The total must be at least one unit per share, so that no share is empty.
    """
    cents = hundredths(total)
    weights = [rng.randrange(400, 1600) for _ in range(shares)]
    whole = sum(weights)
    parts = [cents * weight // whole for weight in weights[:-1]]
    parts.append(cents - sum(parts))
    return [money(part) for part in parts]
