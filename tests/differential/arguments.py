"""Arguments of generated documents, by the schema's input types: literals, variables, and what variables are sent."""

import json
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
    is_required_argument,
)

# What none of the schema's input types takes, each for some of them.
_UNFIT = (True, 1.5, {}, {"nothing": 1}, [None], [[]], "", "NOTHING", "1e", -1, 2**31, 2**70, {"min": []}, None)
# Fit for their types, and refused, or the end of what is not.
_EDGES: dict[str, tuple[Any, ...]] = {"first": (0, -1, 1, 100, 101, 2**31 - 1), "after": ("", "YWJj", "é", "W10")}
_EDGES |= {"last": _EDGES["first"], "before": _EDGES["after"]}
# Of the ends of a page, one is asked for; a cursor most often belongs elsewhere.
_SHARES = {"last": 0.08, "before": 0.05, "after": 0.1}
_MANY_IDS = tuple(f"G{number}" for number in range(101))
_INSTANTS = (
    "2026-01-02T00:00:00Z",
    "2026-02-01T00:00:00.5+01:00",
    "0001-01-01T00:00:00Z",
    "2026-03-01T12:00:00.1234567z",
)
_AMOUNTS: tuple[Any, ...] = ("-0.00", "1E3", "12.50", "100000", Decimal("0.10"), Decimal("1E+2"), 0, -7, "9" * 64)
_NO_IDS = ("", "a/b", "summaries", 17)
_SCALARS: dict[str, tuple[Any, ...]] = {
    "Boolean": (True, False),
    "Int": (1, 2, 3, 4),
    "Decimal": _AMOUNTS,
    "DateTime": _INSTANTS,
}


class Words(NamedTuple):
    """What there is to be asked for: texts that name something, and for tests some that name nothing.

    Attributes:
        ids: of invoices.
        cursors: of places in the list of all invoices.
        texts: by an input's name, of what is neither.
    """

    ids: tuple[str, ...]
    cursors: tuple[str, ...]
    texts: Mapping[str, tuple[str, ...]]


class Variable(NamedTuple):
    """A variable of a document, the same in all its operations.

    Attributes:
        name: with its dollar sign.
        type: as it is declared.
        default: a literal, or nothing.
        about: name of the input that it was made for.
    """

    name: str
    type: GraphQLInputType
    default: str
    about: str

    @property
    def declaration(self) -> str:
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")

    @property
    def is_required(self) -> bool:
        return isinstance(self.type, GraphQLNonNull) and not self.default


class Arguments:
    """Draws arguments, and makes the variables that they need.

    Attributes:
        variables: of the document, by name.
    """

    def __init__(self, rng: Random, words: Words) -> None:
        self._rng = rng
        self._words = words
        self.variables: dict[str, Variable] = {}

    def of(self, inputs: Mapping[str, GraphQLArgument]) -> tuple[str, frozenset[str]]:
        """Some arguments in brackets, or nothing; and the variables in them."""
        used: set[str] = set()
        given = []
        for name, argument in inputs.items():
            is_required = is_required_argument(argument)
            if is_required or self._rng.random() < _SHARES.get(name, 0.3):
                # Null may be sent for a type that is not null, where the place has a default.
                has_default = isinstance(argument.type, GraphQLNonNull) and not is_required
                given.append(f"{name}: {self.input(argument.type, name, used, has_default=has_default)}")
        self._rng.shuffle(given)
        return (f"({', '.join(given)})" if given else ""), frozenset(used)

    def input(self, of_type: GraphQLInputType, about: str, used: set[str] | None, *, has_default: bool = False) -> str:
        """A variable or a literal for a place of that type.

        Args:
            of_type: what the place takes.
            about: its name.
            used: takes the variables; None where there may be none.
            has_default: whether the place takes a variable that may be left out.
        """
        if used is not None and self._rng.random() < 0.3:
            variable = self._variable(of_type, about, has_default=has_default)
            used.add(variable.name)
            return variable.name
        inner = get_nullable_type(of_type)
        return "null" if inner is of_type and self._rng.random() < 0.08 else self._literal(inner, about, used)

    def value(self, variable: Variable, *, is_unfit: bool = False) -> Any:
        """What may be sent for a variable, as the request's reader hands it over; or what may not."""
        if is_unfit:
            return self._rng.choice(_UNFIT)
        return self._value(variable.type, variable.about)

    def _literal(self, inner: GraphQLInputType, about: str, used: set[str] | None) -> str:
        if isinstance(inner, GraphQLList):
            if self._rng.random() < 0.1:  # One item stands for a list of it.
                return self._literal(get_nullable_type(inner.of_type), about, None)
            items = [self.input(inner.of_type, about, used) for _ in range(self._rng.randrange(5))]
            return f"[{', '.join(items)}]"
        if isinstance(inner, GraphQLInputObjectType):
            return f"{{{', '.join(self._members(inner, used))}}}"
        if isinstance(inner, GraphQLEnumType):
            return self._rng.choice(list(inner.values))
        value = self._scalar(inner.name, about)
        return str(value) if isinstance(value, Decimal) else json.dumps(value)

    def _members(self, of_type: GraphQLInputObjectType, used: set[str] | None) -> list[str]:
        given = self._some(of_type)
        return [f"{name}: {self.input(of_type.fields[name].type, name, used)}" for name in given]

    def _some(self, of_type: GraphQLInputObjectType) -> list[str]:
        """Names of members: one or two, mostly, for more are met by few invoices."""
        share = min(0.6, 1.5 / len(of_type.fields))
        given = [name for name in of_type.fields if self._rng.random() < share]
        self._rng.shuffle(given)
        return given

    def _variable(self, place: GraphQLInputType, about: str, *, has_default: bool) -> Variable:
        is_strict = isinstance(place, GraphQLNonNull) and not has_default
        inner = get_nullable_type(place)
        fitting = [
            each
            for each in self.variables.values()
            if get_nullable_type(each.type) is inner
            and not (is_strict and each.type is inner and each.default in {"", "null"})
        ]
        if fitting and self._rng.random() < 0.5:
            return self._rng.choice(fitting)
        default = self.input(GraphQLNonNull(inner), about, None) if self._rng.random() < 0.5 else ""
        if self._rng.random() < 0.4 or (is_strict and not default):
            declared = GraphQLNonNull(inner)
        else:
            declared = inner
            if not is_strict and self._rng.random() < 0.1:
                default = "null"
        name = f"$v{len(self.variables)}"
        self.variables[name] = Variable(name, declared, default, about)
        return self.variables[name]

    def _value(self, of_type: GraphQLInputType, about: str) -> Any:
        inner = get_nullable_type(of_type)
        if inner is of_type and self._rng.random() < 0.15:
            return None
        if isinstance(inner, GraphQLList):
            if self._rng.random() < 0.03:
                return list(_MANY_IDS)
            items = [self._value(inner.of_type, about) for _ in range(self._rng.randrange(5))]
            return items[0] if len(items) == 1 and self._rng.random() < 0.5 else items
        if isinstance(inner, GraphQLInputObjectType):
            return {name: self._value(inner.fields[name].type, name) for name in self._some(inner)}
        if isinstance(inner, GraphQLEnumType):
            return self._rng.choice(list(inner.values))
        return self._scalar(inner.name, about)

    def _scalar(self, type_name: str, about: str) -> Any:
        if about in _EDGES and self._rng.random() < 0.06:
            return self._rng.choice(_EDGES[about])
        if type_name == "ID" and self._rng.random() < 0.03:
            return self._rng.choice(_NO_IDS)
        texts = self._words.texts.get(about, self._words.cursors)
        scalars: dict[str, tuple[Any, ...]] = {"ID": self._words.ids, "String": texts}
        return self._rng.choice((_SCALARS | scalars)[type_name])
