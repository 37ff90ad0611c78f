"""Dates as Partner Center writes them: one instant, many shapes."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import random

# "Never", always without a zone (docs get-invoice-summaries, 2019 and 2023).
SENTINEL: Final = "0001-01-01T00:00:00"

DateShape = Literal["zulu", "naive", "six_digits", "seven_digits", "utc_offset", "pacific_offset"]

# How often each shape is drawn. Documented samples have all of them, though not all on an invoice.
_SHAPES: Final[tuple[DateShape, ...]] = (
    *("zulu",) * 6,
    *("seven_digits",) * 5,
    *("six_digits",) * 3,
    *("naive",) * 3,
    *("utc_offset",) * 2,
    "pacific_offset",
)
_PACIFIC: Final = timezone(timedelta(hours=-8))


def draw_shape(rng: random.Random) -> DateShape:
    return _SHAPES[rng.randrange(len(_SHAPES))]


def has_fraction(shape: DateShape) -> bool:
    """Whether the shape can write a fraction of a second; the others need a whole second to stay exact."""
    return shape in {"six_digits", "seven_digits"}


def write(moment: datetime, shape: DateShape) -> str:
    """The instant (aware, UTC) in a shape. A text without a zone means UTC too, as documented of all dates.

    The seventh digit of .NET's ticks is always 1 to 9 here, below what Python's `datetime` can hold.
    """
    if shape == "pacific_offset":
        return moment.astimezone(_PACIFIC).isoformat()
    if shape == "utc_offset":
        return moment.isoformat()
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds" if has_fraction(shape) else "seconds")
    if shape == "naive":
        return text
    if shape == "seven_digits":
        return f"{text}{moment.microsecond % 9 + 1}Z"
    return f"{text}Z"


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(moment: datetime) -> tuple[datetime, datetime]:
    """First and last day of the month, at the same time of day (docs get-invoice-by-id, 2023)."""
    last = calendar.monthrange(moment.year, moment.month)[1]
    return moment.replace(day=1), moment.replace(day=last)


def read(text: str) -> datetime:
    """The instant a caller wrote in a filter: ISO 8601, or month/day/year; without a zone it is UTC.

    Raises:
        ValueError: It is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
