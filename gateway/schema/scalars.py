"""Decimal and DateTime: exact in both directions."""

import datetime as dt
import decimal
import re
from functools import lru_cache
from typing import Any

import strawberry
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode

from gateway.errors import BadUserInputError

_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?P<fraction>\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_MOST_DIGITS = 64


def print_decimal(value: decimal.Decimal) -> str:
    """Plain notation, digits as sent: 1E3 is "1000", 1.10 is "1.10"."""
    text = str(value)
    # Without an exponent it is in plain notation, and made in less than half the time.
    return format(value, "f") if "E" in text else text


def read_decimal(value: Any) -> decimal.Decimal:
    """A decimal from text or from a JSON number, which the request's reader hands over undamaged."""
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | decimal.Decimal):
        raise BadUserInputError("A Decimal is a string or a number.")
    if len(text) > _MOST_DIGITS or not _DECIMAL.fullmatch(text):
        raise BadUserInputError("A Decimal has digits, such as 24606.35, and not more than 64 of them.")
    return decimal.Decimal(text)


# Invoices of one period share their dates, and each is printed again with every answer.
@lru_cache(maxsize=4096)
def print_instant(value: dt.datetime) -> str:
    """RFC 3339 in UTC with Z; a fraction only where it is not zero."""
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"


def read_instant(value: Any) -> dt.datetime:
    """An instant from RFC 3339 text, in UTC, cut to microseconds."""
    if not isinstance(value, str) or (shape := _INSTANT.fullmatch(value)) is None:
        raise BadUserInputError("A DateTime is RFC 3339 text with a zone, such as 2018-02-08T22:40:37Z.")
    fraction = shape["fraction"] or ""
    try:
        return dt.datetime.fromisoformat(value.upper().replace(fraction, fraction[:7], 1)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise BadUserInputError("There is no such DateTime.") from None


def _decimal_literal(node: ValueNode, _variables: Any = None) -> decimal.Decimal:
    """A number's text as it stands in the document, so that no digit is lost."""
    return read_decimal(node.value if isinstance(node, StringValueNode | IntValueNode | FloatValueNode) else None)


def _instant_literal(node: ValueNode, _variables: Any = None) -> dt.datetime:
    return read_instant(node.value if isinstance(node, StringValueNode) else None)


SCALARS: dict[object, Any] = {
    decimal.Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, serialised as a string in plain notation with the digits as sent, "
        'so that nothing is lost: "751094.39", "1000" (upstream 1E3 too). '
        "As input: a string, or a number literal read as a decimal.",
        serialize=print_decimal,
        parse_value=read_decimal,
        parse_literal=_decimal_literal,
    ),
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in RFC 3339, always UTC with Z; fractions are shown only where they are not zero, "
        "cut (never rounded) to microseconds. Upstream dates without a zone are UTC; upstream's "
        "0001-01-01T00:00:00 (never) and a date that cannot be read are null.",
        serialize=print_instant,
        parse_value=read_instant,
        parse_literal=_instant_literal,
    ),
}
