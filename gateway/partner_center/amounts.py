"""Partner Center's money, kept exactly: numbers or text, whole or with up to 22 digits and more."""

from decimal import Clamped, Context, Decimal, Rounded

# Docs samples show 22 digits. Far above them stands a bound, since a short text such as 1E999999999
# would become a gigabyte in plain notation.
MOST_DIGITS = 64

# Refuses to take over what has more digits than that, or an exponent beyond it on either side; nothing is made of what
# it takes over. To ask it takes half as long as to look through a number's text.
_MONEY = Context(
    prec=MOST_DIGITS,
    Emin=-1,  # Of a number of so many digits, so that the last one's exponent is -64.
    Emax=2 * MOST_DIGITS - 1,  # Likewise, so that it is 64.
    clamp=1,  # The last digit's exponent is meant, of shorter numbers as well.
    traps=[Clamped, Rounded],
)


def amount(number: Decimal | None) -> Decimal | None:
    """The number exactly as sent; None where none was.

    Raises:
        ValueError: it is not finite, or has more digits than money has.
    """
    if number is None:
        return None
    if not number.is_finite():
        raise ValueError("not a finite number")
    try:
        _MONEY.plus(number)
    except (Clamped, Rounded) as error:
        raise ValueError("too many digits") from error
    return number
