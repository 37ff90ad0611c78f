"""How a scalar or an enum becomes response data, where its value is of the one class that it should be of."""

import datetime as dt
import decimal
import enum
from collections.abc import Callable
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)

_INT32 = range(-(2**31), 2**31)

# By class, since a scalar of the schema is given for a class of values (`schema.scalars`).
_CLASSES: dict[str, type] = {"Decimal": decimal.Decimal, "DateTime": dt.datetime}


class Leaf(NamedTuple):
    """A leaf type's way.

    Attributes:
        of_class: that values have to be of exactly.
        convert: makes response data of one, and raises where there is none; None where the value is that already.
        names: response data by the names of an enum's members, in place of `convert`. Enums in Python are hashed by
            Python, and their names are not.
    """

    of_class: type
    convert: Callable[[Any], Any] | None = None
    names: dict[str, Any] | None = None


def leaf(type_: GraphQLLeafType) -> Leaf | None:
    """The way of a leaf type's values; None where none is known."""
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    if type_ in _BUILT_IN:
        return _BUILT_IN[type_]
    if type_.name in _CLASSES:
        return Leaf(_CLASSES[type_.name], type_.coerce_output_value)
    return None


def _int(value: int) -> int:
    if value not in _INT32:
        raise ValueError("no Int of GraphQL")
    return value


_BUILT_IN: dict[Any, Leaf] = {
    GraphQLString: Leaf(str),
    GraphQLID: Leaf(str),
    GraphQLBoolean: Leaf(bool),
    GraphQLInt: Leaf(int, _int),
}


def _enum(type_: GraphQLEnumType) -> Leaf | None:
    members = [value.value for value in type_.values.values()]
    of_class = members[0].__class__
    if not issubclass(of_class, enum.Enum) or any(member.__class__ is not of_class for member in members):
        return None
    return Leaf(of_class, names={member.name: type_.coerce_output_value(member) for member in members})
