"""Whether two programs say the same: spellings of one amount or one instant are equal, all else is to the letter."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

_MONEY = frozenset({"totalCharges", "paidAmount", "balanceAmount", "lastPaymentAmount"})


class DifferentAnswersError(Exception):
    """What is to be compared does not do the same."""


def refuse_different(name: str, ours: bytes, theirs: bytes) -> None:
    """Nothing, if both answers have the same data and no errors.

    Args:
        name: of what was asked.
        ours: the gateway's answer.
        theirs: the baseline's.

    Raises:
        DifferentAnswersError: they differ, or one has errors.
    """
    answers = [json.loads(each) for each in (ours, theirs)]
    for whose, answer in zip(("gateway", "baseline"), answers, strict=True):
        if answer.keys() != {"data"}:
            raise DifferentAnswersError(f"{name}: the {whose} answers {str(answer)[:500]}")
    place = _difference(_value(answers[0]["data"]), _value(answers[1]["data"]), "data")
    if place:
        raise DifferentAnswersError(f"{name}: gateway and baseline differ at {place}")


def _value(sent: Any, name: str = "") -> Any:
    if isinstance(sent, dict):
        return {member: _value(value, member) for member, value in sent.items()}
    if isinstance(sent, list):
        return [_value(value, name) for value in sent]
    if isinstance(sent, str) and name in _MONEY:
        return Decimal(sent)
    if isinstance(sent, str) and name.endswith("Date"):
        return dt.datetime.fromisoformat(sent)
    return sent


def _difference(one: Any, other: Any, place: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        found = (_difference(one[each], other[each], f"{place}.{each}") for each in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = (_difference(*pair, f"{place}[{at}]") for at, pair in enumerate(zip(one, other, strict=True)))
    else:
        return "" if one == other else f"{place}: {str(one)[:100]} and {str(other)[:100]}"
    return next(filter(None, found), "")
