"""Money comes out digit for digit, whatever its shape on the wire."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamUnreadableError
from gateway.partner_center import decode

# JSON's own grammar of numbers, kept to what money may have: 64 digits in all. "-0" is left out, see below.
WHOLE = r"-?(0|[1-9][0-9]{0,30})"
NUMBERS = st.from_regex(rf"\A{WHOLE}(\.[0-9]{{1,30}})?([eE][+-]?[0-2]?[0-9])?\Z").filter(lambda text: text != "-0")


def decoded_amount(json_text: str) -> Decimal | None:
    return decode.invoice(f'{{"id":"G1","totalCharges":{json_text}}}'.encode()).total_charges


@given(NUMBERS)
def test_a_number_comes_out_digit_for_digit(text):
    assert decoded_amount(text).as_tuple() == Decimal(text).as_tuple()


@given(NUMBERS)
def test_a_number_as_text_comes_out_digit_for_digit(text):
    assert decoded_amount(json.dumps(text)).as_tuple() == Decimal(text).as_tuple()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=22, min_value=-(10**20), max_value=10**20))
def test_22_places_come_out_to_the_last(amount):
    assert format(decoded_amount(format(amount, "f")), "f") == format(amount, "f")


@given(st.text())
def test_any_text_is_an_amount_or_unreadable(text):
    try:
        amount = decoded_amount(json.dumps(text))
    except UpstreamUnreadableError:
        return

    assert amount.is_finite()


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("751094.39", "751094.39"),
        ("1000", "1000"),
        ("1000.00", "1000.00"),
        ("0", "0"),
        ("-0.10", "-0.10"),
        ("0.1999968000511991808131", "0.1999968000511991808131"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("90071992547409931", "90071992547409931"),
        ('"16"', "16"),
        ('"14.40"', "14.40"),
        ('"0.1999968000511991808131"', "0.1999968000511991808131"),
        ("1E3", "1000"),
        ("1e-7", "0.0000001"),
    ],
)
def test_an_amount_in_plain_notation_has_the_digits_sent(text, digits):
    assert format(decoded_amount(text), "f") == digits


def test_minus_nothing_is_nothing():
    assert decoded_amount("-0") == 0


def test_64_digits_are_an_amount():
    assert decoded_amount("9" * 64) == Decimal("9" * 64)


@pytest.mark.parametrize("text", ["0E64", "0E-64", "-0.00", "1E64", "1E-64", "9" * 63 + "E-64"])
def test_places_up_to_the_64th_are_as_sent(text):
    assert decoded_amount(json.dumps(text)).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("text", ["0E65", "0E-65", "0." + "0" * 65, "9" * 64 + "E-65"])
def test_a_65th_place_is_unreadable_in_nothing_too(text):
    with pytest.raises(UpstreamUnreadableError):
        decoded_amount(json.dumps(text))


@pytest.mark.parametrize(
    "text",
    [
        '""',
        '"1,000.00"',
        '"much"',
        '"NaN"',
        '"sNaN"',
        '"Infinity"',
        "true",
        "[1]",
        "{}",
        "9" * 65,
        "9" * 5000,
        "1E65",
        "1E-65",
        '"1E999999999"',
        "1e400",
        "1E99999999999999999999",
    ],
)
def test_what_is_no_money_is_unreadable(text):
    with pytest.raises(UpstreamUnreadableError):
        decoded_amount(text)


@given(st.integers(1, 70), st.integers(-70, 70), st.sampled_from(["", "-"]))
def test_an_amount_has_at_most_64_digits_and_places(digits, exponent, sign):
    number = Decimal(f"{sign}{'7' * digits}E{exponent}")
    is_money = digits <= 64 and -64 <= exponent <= 64

    for text in (str(number), format(number, "E")):
        try:
            amount = decoded_amount(json.dumps(text))
        except UpstreamUnreadableError:
            assert not is_money
        else:
            assert is_money
            assert amount.as_tuple() == number.as_tuple()
