"""Partner Center's dates, read as instants in UTC.

One field's shape varies inside one document: with Z, with an offset, without any zone (UTC, by the docs'
"string in UTC date-time format"), and with up to seven digits of fraction (.NET ticks). Docs samples
get-invoice-summaries and get-invoice-by-id, 2023.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

# .NET's DateTime.MinValue stands for "never", always without a zone: docs sample get-invoice-summaries, 2019.
_NEVER = datetime(1, 1, 1)  # noqa: DTZ001 — compared with before a zone is put on.

_SHAPE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?"
    r"(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?",
    re.ASCII,
)


def instant(text: str) -> datetime | None:
    """The instant in UTC, cut (never rounded) to microseconds; None for "never" and for what is no date."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        return None
    year, month, day, hour, minute, second, fraction, _z, sign, offset_h, offset_min = shape.groups()
    try:
        local = datetime(  # noqa: DTZ001 — the zone comes last, since "never" cannot be moved between zones.
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
        if local == _NEVER:
            return None
        if sign is None:
            return local.replace(tzinfo=UTC)
        offset = timedelta(hours=int(offset_h), minutes=int(offset_min))
        zone = timezone(offset if sign == "+" else -offset)
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
