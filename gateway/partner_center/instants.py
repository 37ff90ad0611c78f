"""Partner Center's dates, read as instants in UTC.

One field's shape varies inside one document: with Z, with an offset, without any zone (UTC, by the docs'
"string in UTC date-time format"), and with up to seven digits of fraction (.NET ticks). Docs samples
get-invoice-summaries and get-invoice-by-id, 2023.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

# .NET's DateTime.MinValue stands for "never" (docs sample get-invoice-summaries, 2019): the first moment of year 1,
# there without a zone. With one it may be a moment of the year before, which Python's dates do not reach.
_YEAR_OF_NEVER = "0001"

_SHAPE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?"
    r"(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?",
    re.ASCII,
)

# What nearly every date is: in UTC by its Z or by its lack of a zone, and not "never". Python reads this shape
# much faster than its parts are put together, and cuts its fraction as well; other shapes it reads otherwise.
_PLAIN = re.compile(rf"(?!{_YEAR_OF_NEVER})\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{1,9}})?Z?", re.ASCII)

# Billing periods begin and end with the months, so thousands of invoices have few dates between them. The longest
# shape that the docs show is kept, no longer text.
_MOST_KEPT = 4096
_LONGEST_KEPT = len("2018-02-08T01:22:37.5897767+00:00")


class _Instants(dict[str | float | None, datetime | None]):
    """Instants by what the wire says: any value is looked up by `[]`. What texts say is kept, until it is too much."""

    def __missing__(self, sent: str | float | None) -> datetime | None:
        if not isinstance(sent, str):
            return None
        if len(sent) > _LONGEST_KEPT:
            return of_any_shape(sent)
        if len(self) >= _MOST_KEPT:
            self.clear()
            self[None] = None
        found = self[sent] = _of_usual_shape(sent)
        return found


# A lookup that finds is a third of a call of `instant` with a `functools.lru_cache` behind it.
INSTANTS = _Instants({None: None})


def instant(sent: str | float | None) -> datetime | None:
    """The instant in UTC, cut (never rounded) to microseconds; None for "never" and for what is no date."""
    return INSTANTS[sent]


def _of_usual_shape(text: str) -> datetime | None:
    if _PLAIN.fullmatch(text):
        try:
            return datetime.fromisoformat(text if text.endswith("Z") else f"{text}Z")
        except ValueError:
            return None
    return of_any_shape(text)


def of_any_shape(text: str) -> datetime | None:
    """What `instant` is, put together from its parts: the slow way, which is right for every text."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None or shape[1] == _YEAR_OF_NEVER:
        return None
    year, month, day, hour, minute, second, fraction, _z, sign, offset_h, offset_min = shape.groups()
    try:
        offset = timedelta(hours=int(offset_h or 0), minutes=int(offset_min or 0))
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            timezone(-offset if sign == "-" else offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
