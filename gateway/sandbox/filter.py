"""The filter of `GET /v1/invoices`: JSON over InvoiceDate, as the .NET SDK writes it.

Simple: `{"Field":"InvoiceDate","Value":"2023-01-01","Operator":"greater_than_or_equals"}`. Compound, by `and`
alone: `{"LeftFilter":{...},"RightFilter":{...},"Operator":"and"}`. Keys are PascalCase and operators
snake_case (docs IInvoiceCollection.QueryAsync; .NET SDK 3.4, Query/Filters).
"""

from __future__ import annotations

import json
import operator
from typing import TYPE_CHECKING, Any, Final

from gateway.sandbox import dates

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Predicate = Callable[[datetime], bool]

_COMPARISONS: Final[dict[str, Callable[[datetime, datetime], bool]]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "greater_than": operator.gt,
    "greater_than_or_equals": operator.ge,
    "less_than": operator.lt,
    "less_than_or_equals": operator.le,
}

# Deeper than any date range needs, shallower than what would exhaust the stack.
_MAX_DEPTH: Final = 16


def parse_filter(text: str) -> Predicate:
    """The test of an invoice's date.

    Raises:
        ValueError: The text is no filter that Partner Center takes.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _predicate(value, _MAX_DEPTH)


def _predicate(value: Any, depth: int) -> Predicate:
    if depth == 0:
        raise ValueError("nested too deeply")
    match value:
        case {"LeftFilter": left, "RightFilter": right, "Operator": "and", **others} if not others:
            first, second = _predicate(left, depth - 1), _predicate(right, depth - 1)
            return lambda date: first(date) and second(date)
        case {"Field": "InvoiceDate", "Value": str(text), "Operator": str(name), **others} if not others:
            compare = _COMPARISONS.get(name)
            if compare is None:
                raise ValueError("unknown operator")
            bound = dates.read(text)
            return lambda date: compare(date, bound)
    raise ValueError("neither a simple nor a compound filter")
