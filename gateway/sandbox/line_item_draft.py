"""What every kind of line item is made from: its invoice and amount, a customer, and arithmetic."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from gateway.sandbox import dates

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.sandbox.invoices import Invoice
    from gateway.sandbox.wire import JSON

_CUSTOMERS: Final = ("Birch & Sons", "Café Zürich", "Delta Freight", "Elm Street Dental", "Fjord Energi")


@dataclass(frozen=True, slots=True)
class Draft:
    """One item to be. `amount` is its total with tax; items of usage do not add up to anything."""

    partner: str
    invoice: Invoice
    position: int
    amount: Decimal
    rng: random.Random
    customer: str

    @classmethod
    def of(cls, partner: str, invoice: Invoice, position: int, amount: Decimal, name: str) -> Draft:
        """The draft whose random choices all come from the name."""
        rng = random.Random(name)
        return cls(partner, invoice, position, amount, rng, _CUSTOMERS[rng.randrange(len(_CUSTOMERS))])

    @property
    def domain(self) -> str:
        kept = "".join(letter for letter in self.customer.lower() if letter.isascii() and letter.isalnum())
        return f"{kept}.onmicrosoft.com"

    def parties(self) -> JSON:
        """The members that all kinds share."""
        return {
            "partnerId": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.partner)),
            "customerId": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.customer)),
            "subscriptionId": guid(self.rng),
        }


def taxed(amount: Decimal) -> tuple[Decimal, Decimal]:
    """Net and tax of a gross amount: the tax is a fifth of the net, and their sum exactly the amount."""
    tax = (amount / 6).quantize(Decimal("0.01"))
    return amount - tax, tax


def unit_price(total: Decimal, quantity: int) -> Decimal:
    return (total / quantity).quantize(Decimal("0.00000001"))


def charge_dates(invoice: Invoice, shape: dates.DateShape) -> dict[str, str]:
    start, end = _month(invoice, shape)
    return {"chargeStartDate": start, "chargeEndDate": end}


def subscription_dates(invoice: Invoice, shape: dates.DateShape) -> dict[str, str]:
    """Of licences and purchases alone: usage has none (docs samples get-invoiceline-items, 2023)."""
    start, end = _month(invoice, shape)
    return {"subscriptionStartDate": start, "subscriptionEndDate": end}


def _month(invoice: Invoice, shape: dates.DateShape) -> tuple[str, str]:
    first, last = dates.month_of(invoice.date)
    return dates.write(dates.midnight(first), shape), dates.write(dates.midnight(last), shape)


def usage_day(invoice: Invoice, position: int) -> datetime:
    """Usage is of one day after the other, in the month of the invoice."""
    return dates.midnight(invoice.date).replace(day=position % 28 + 1)


def guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
