"""Dates: one instant whatever its shape, cut and never rounded, null where there is none."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.partner_center import decode
from gateway.partner_center.instants import instant

INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31))  # noqa: DTZ001 — the zone is put on below.
OFFSETS_MIN = st.integers(-14 * 60, 14 * 60)


def decoded_date(sent) -> datetime | None:
    return decode.invoice(json.dumps({"id": "G1", "invoiceDate": sent}).encode()).invoice_date


@given(INSTANTS, OFFSETS_MIN, st.sampled_from(["T", "t", " "]), st.booleans())
def test_every_shape_of_an_instant_is_that_instant(moment, offset_min, separator, colon):
    expected = moment.replace(tzinfo=UTC)
    moved = expected.astimezone(timezone(timedelta(minutes=offset_min)))
    with_offset = moved.isoformat(sep=separator)
    head, sign, zone = with_offset[:-6], with_offset[-6], with_offset[-5:]
    shapes = [
        moment.isoformat(sep=separator),
        moment.isoformat(sep=separator) + "Z",
        moment.isoformat(sep=separator) + "z",
        moment.isoformat(sep=separator, timespec="microseconds") + "0Z",
        f"{head}{sign}{zone if colon else zone.replace(':', '')}",
    ]

    assert [instant(shape) for shape in shapes] == [expected] * 5


@given(INSTANTS, st.text("0123456789", min_size=1, max_size=12), st.sampled_from(["", "Z", "+00:00", "-08:00"]))
def test_a_fraction_is_cut_to_microseconds_and_never_rounded(moment, fraction, zone):
    second = moment.isoformat(timespec="seconds")
    whole = instant(second + zone)

    assert instant(f"{second}.{fraction}{zone}") - whole == timedelta(microseconds=int(fraction.ljust(6, "0")[:6]))


@given(st.text() | st.from_regex(r"\A\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?\Z"))
def test_any_text_is_an_instant_in_utc_or_null(text):
    found = instant(text)

    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-01-21T00:00:00Z", datetime(2017, 1, 21, tzinfo=UTC)),
        ("2017-01-21T00:00:00", datetime(2017, 1, 21, tzinfo=UTC)),
        ("2017-01-21", datetime(2017, 1, 21, tzinfo=UTC)),
        ("2018-02-08T01:22:47.603895Z", datetime(2018, 2, 8, 1, 22, 47, 603895, UTC)),
        ("2018-02-08T01:22:37.5897767Z", datetime(2018, 2, 8, 1, 22, 37, 589776, UTC)),
        ("2018-02-08T23:59:59.9999999Z", datetime(2018, 2, 8, 23, 59, 59, 999999, UTC)),
        ("2018-02-08T01:22:37.5", datetime(2018, 2, 8, 1, 22, 37, 500000, UTC)),
        ("2018-02-08T16:00:00-08:00", datetime(2018, 2, 9, tzinfo=UTC)),
        ("2018-02-08T00:00:00+05:30", datetime(2018, 2, 7, 18, 30, tzinfo=UTC)),
        ("2018-02-08T00:00:00-00:00", datetime(2018, 2, 8, tzinfo=UTC)),
        ("2024-02-29T12:00:00+0000", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        (" 2018-02-08T00:00:00Z ", datetime(2018, 2, 8, tzinfo=UTC)),
        ("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
        ("0002-01-01T00:00:00+08:00", datetime(1, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_date_in_this_shape_is_read(text, expected):
    assert decoded_date(text) == expected


@pytest.mark.parametrize(
    "never",
    [
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.0000000",
        "0001-01-01T00:00:00.0000000Z",
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00-08:00",
        "0001-01-01T00:00:00+08:00",
        "0001-01-01T08:00:00+08:00",
        "0001-01-01",
    ],
)
def test_never_is_null(never):
    assert decoded_date(never) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2023-02-30T00:00:00Z",
        "2023-13-01T00:00:00Z",
        "2023-01-01T24:00:00Z",
        "2023-01-01T23:59:60Z",
        "2023-01-01T00:00:00+24:00",
        "2023-01-01T00:00:00 UTC",
        "9999-12-31T23:59:59-08:00",
        "1/21/2017 12:00:00 AM",
        "\u0662\u0660\u0662\u0663-01-01",
        1485000000,
        14.85,
        None,
    ],
)
def test_a_date_that_cannot_be_read_is_null(text):
    assert decoded_date(text) is None
