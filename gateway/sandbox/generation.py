"""A partner's invoices from a seed: the same seed, label and count give the same invoices, always."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.sandbox import dates
from gateway.sandbox.amounts import DOCUMENTED_BALANCES, Part, draw_amount, hundredths, money, split
from gateway.sandbox.invoices import BillingProvider, DocumentType, Invoice, LineItemType

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each balance needs an invoice that owes it.
MIN_INVOICE_COUNT: Final = len(DOCUMENTED_BALANCES)

FIRST_PARTNER: Final = "first"

# The place of an amended invoice in each twelve; in each sixty the first such has two amendments.
_AMENDED: Final = 1

# Shares of the invoices: of the open ones with a part already paid, of the others void or given back, and of
# all with line items of a second billing provider. No source: enough of each to meet it in any large page.
_PARTLY_PAID: Final = 0.25
_VOID: Final = 0.06
_GIVEN_BACK: Final = 0.05
_SECOND_PROVIDER: Final = 0.5

_PARTS: Final = tuple(DOCUMENTED_BALANCES)
# The first four slots are one of each part; from then on pounds are eight of ten.
_CYCLE: Final = tuple(_PARTS[index] for index in (0, 1, 2, 3, 0, 1, 0, 1, 0, 1))

# The first invoice of the documented summaries is of this day.
_FIRST_DAY: Final = datetime(2017, 1, 21, tzinfo=UTC)
_LAST_DAY: Final = datetime(2026, 10, 31, tzinfo=UTC)


class Slot(NamedTuple):
    """What an invoice id means for every partner; all else about the invoice is the partner's own."""

    id: str
    part: Part
    amendment_ids: tuple[str, ...]


def slots(invoice_count: int) -> list[Slot]:
    """The ids of all partners, oldest first.

    `D030000001` and on are legacy (Recurring), `G000100001` and on modern (OneTime). One invoice in twelve
    has an amendment, one in sixty two; their ids have a 9 behind the letter (`D930000001`, `G900000001`).
    """
    made: list[Slot] = []
    counts: defaultdict[str, int] = defaultdict(int)

    def next_id(prefix: str, first: int) -> str:
        counts[prefix] += 1
        return f"{prefix}{first + counts[prefix] - 1:0{10 - len(prefix)}d}"

    for index in range(invoice_count):
        part = _CYCLE[index % len(_CYCLE)]
        legacy = part.invoice_type == "Recurring"
        amendments = (index % 12 == _AMENDED) + (index % 60 == _AMENDED)
        made.append(
            Slot(
                next_id("D03", 1) if legacy else next_id("G0001", 1),
                part,
                tuple(next_id("D93" if legacy else "G9", 1) for _ in range(amendments)),
            )
        )
    return made


def generate(seed: int, partner: str, plan: Sequence[Slot]) -> list[Invoice]:
    """The partner's invoices, newest first. What is owed on them is `DOCUMENTED_BALANCES`, to the penny."""
    rng = random.Random(f"{seed}:{partner}:invoices")
    owed = _owed(rng, plan)
    first_day, last_day = _FIRST_DAY, _LAST_DAY
    if partner != FIRST_PARTNER:
        first_day += timedelta(days=rng.randrange(1, 300))
        last_day -= timedelta(days=rng.randrange(1, 90))
    step = (last_day - first_day) / len(plan)
    invoices = [
        _invoice(rng, slot, first_day + step * (index + (rng.random() if index else 0)), owed.get(slot.id))
        for index, slot in enumerate(plan)
    ]
    invoices.sort(key=lambda invoice: (invoice.date, invoice.id), reverse=True)
    return invoices


def _owed(rng: random.Random, plan: Sequence[Slot]) -> dict[str, Decimal]:
    """Which invoices are open, and what each owes: some of the newer half of each part.

    Never more than one per hundred units of the balance, so that amounts stay believable in a large sandbox.
    """
    ids: defaultdict[Part, list[str]] = defaultdict(list)
    for slot in plan:
        ids[slot.part].append(slot.id)
    owed: dict[str, Decimal] = {}
    for part, balance in DOCUMENTED_BALANCES.items():
        newer = ids[part][len(ids[part]) // 2 :]
        count = min(max(1, len(newer) * rng.randrange(4, 8) // 10), int(balance) // 100)
        owed.update(zip(rng.sample(newer, count), split(balance, count, rng), strict=True))
    return owed


def _invoice(rng: random.Random, slot: Slot, date: datetime, owed: Decimal | None) -> Invoice:
    legacy = slot.part.invoice_type == "Recurring"
    shape = "zulu" if legacy else dates.draw_shape(rng)
    # Legacy invoices are of a day (docs get-a-collection-of-invoices, 2023).
    moment = dates.midnight(date) if legacy else date
    moment = moment if dates.has_fraction(shape) else moment.replace(microsecond=0)
    document_type: DocumentType = "invoice"
    if owed is None:
        total = paid = draw_amount(rng)
        document_type = _draw_document_type(rng)
        amendment_amounts = [-_fraction(total, rng) for _ in slot.amendment_ids]
        if document_type == "void_note":
            paid = Decimal(0)
            amendment_amounts = [-total for _ in slot.amendment_ids]
        elif document_type == "adjustment_note":
            # Money given back, and already sent.
            total, paid = -total, -paid
    else:
        amendment_amounts = [-_fraction(owed, rng) for _ in slot.amendment_ids]
        part_paid = draw_amount(rng) if rng.random() < _PARTLY_PAID else Decimal(0)
        paid = part_paid - sum(amendment_amounts)
        total = owed + paid
    amendment_type: DocumentType = "void_note" if document_type == "void_note" else "adjustment_note"
    details = _details(rng, legacy=legacy)
    amendments = tuple(
        Invoice(
            id=amendment_id,
            part=slot.part,
            date=moment + timedelta(hours=rng.randrange(1, 72)),
            date_shape=shape,
            total_charges=amount,
            paid_amount=Decimal(0),
            document_type=amendment_type,
            state="active",
            details=details[:1],
            amends_of=slot.id,
        )
        for amendment_id, amount in zip(slot.amendment_ids, amendment_amounts, strict=True)
    )
    return Invoice(
        id=slot.id,
        part=slot.part,
        date=moment,
        date_shape=shape,
        total_charges=total,
        paid_amount=paid,
        document_type=document_type,
        state="void" if document_type == "void_note" else "active",
        details=details,
        tax_receipts=_tax_receipts(rng),
        amendments=amendments,
    )


def _draw_document_type(rng: random.Random) -> DocumentType:
    kind = rng.random()
    if kind < _VOID:
        return "void_note"
    return "adjustment_note" if kind < _VOID + _GIVEN_BACK else "invoice"


def _fraction(amount: Decimal, rng: random.Random) -> Decimal:
    """Some hundredths of an amount, in whole hundredths."""
    return money(hundredths(amount) * rng.randrange(5, 30) // 100)


def _details(rng: random.Random, *, legacy: bool) -> tuple[tuple[BillingProvider, LineItemType], ...]:
    more = rng.random() < _SECOND_PROVIDER
    if legacy:
        office: tuple[BillingProvider, LineItemType] = ("office", "billing_line_items")
        return (office, ("azure", "billing_line_items"), ("azure", "usage_line_items")) if more else (office,)
    one_time: tuple[BillingProvider, LineItemType] = ("one_time", "billing_line_items")
    return (one_time, ("marketplace", "usage_line_items")) if more else (one_time,)


def _tax_receipts(rng: random.Random) -> tuple[str, ...]:
    count = rng.choices((0, 1, 2), (60, 34, 6))[0]
    return tuple(str(rng.randrange(10**6, 10**7)) for _ in range(count))
