"""Decimal and DateTime at the schema's edge."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadUserInputError
from gateway.schema.scalars import print_decimal, print_instant, read_decimal, read_instant

PLAIN = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,22})?", fullmatch=True)


@given(PLAIN)
def test_a_decimal_is_printed_with_the_digits_it_was_read_with(text):
    assert print_decimal(read_decimal(text)) == text


@given(st.integers(-(10**20), 10**20), st.integers(-40, 40))
def test_a_decimal_is_printed_in_plain_notation_and_says_the_same_number(digits, exponent):
    number = Decimal(digits).scaleb(exponent)

    printed = print_decimal(number)

    assert "E" not in printed
    assert Decimal(printed) == number


@pytest.mark.parametrize(
    ("sent", "printed"), [("1E3", "1000"), ("1e-3", "0.001"), ("751094.39", "751094.39"), ("0", "0")]
)
def test_scientific_notation_becomes_plain(sent, printed):
    assert print_decimal(read_decimal(sent)) == printed


@pytest.mark.parametrize("value", [12, Decimal("1.10")])
def test_a_json_number_is_a_decimal(value):
    assert print_decimal(read_decimal(value)) == str(value)


@pytest.mark.parametrize(
    "value", ["", " 1", "1,5", "NaN", "Infinity", "1e9999", "0x1", "\u0661", "1" * 65, None, True, [], {}, 1.5, "1_000"]
)
def test_what_is_no_decimal_is_refused(value):
    with pytest.raises(BadUserInputError):
        read_decimal(value)


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_an_instant_is_read_back_as_it_was_printed(instant):
    assert read_instant(print_instant(instant)) == instant


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("2018-02-08T22:40:37Z", "2018-02-08T22:40:37Z"),
        ("2018-02-08t22:40:37z", "2018-02-08T22:40:37Z"),
        ("2018-02-08T22:40:37.5Z", "2018-02-08T22:40:37.500000Z"),
        ("2018-02-08T23:59:59.9999999Z", "2018-02-08T23:59:59.999999Z"),
        ("2018-02-08T22:40:37-08:00", "2018-02-09T06:40:37Z"),
        ("2018-02-08T22:40:37.123456789+01:30", "2018-02-08T21:10:37.123456Z"),
    ],
)
def test_an_instant_is_moved_to_utc_and_cut_to_microseconds(sent, printed):
    assert print_instant(read_instant(sent)) == printed


@pytest.mark.parametrize(
    "value",
    [
        "", "2018-02-08", "2018-02-08T22:40:37", "2018-02-30T00:00:00Z", "2018-02-08T25:00:00Z", "yesterday",
        "2018-02-08 22:40:37Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", 1518129637, None, True,
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(BadUserInputError):
        read_instant(value)
