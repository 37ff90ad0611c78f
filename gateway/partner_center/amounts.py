"""Partner Center's money, kept exactly: numbers or text, whole or with up to 22 digits and more."""

from decimal import Decimal

# Docs samples show 22 digits. Far above them stands a bound, since a short text such as 1E999999999
# would become a gigabyte in plain notation.
MOST_DIGITS = 64


def amount(number: Decimal | None) -> Decimal | None:
    """The number exactly as sent; None where none was.

    Raises:
        ValueError: it is not finite, or has more digits than money has.
    """
    if number is None:
        return None
    if not number.is_finite():
        raise ValueError("not a finite number")
    text = str(number)
    # In plain notation it has no digit and no place that the text does not show, and money nearly always is so short.
    if len(text) <= MOST_DIGITS and "E" not in text:
        return number
    # Its length first: a tuple of its digits takes eight times as much, and they may be millions.
    if len(text) > 2 * MOST_DIGITS:
        raise ValueError("too many digits")
    _sign, digits, exponent = number.as_tuple()
    if len(digits) > MOST_DIGITS or not -MOST_DIGITS <= int(exponent) <= MOST_DIGITS:
        raise ValueError("too many digits")
    return number
