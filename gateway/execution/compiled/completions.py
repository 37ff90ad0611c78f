"""How the value of a field becomes response data, by the field's type: lines of Python."""

from collections.abc import Callable

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, is_leaf_type
from graphql.execution.collect_fields import FieldDetails

from gateway.execution.compiled.functions import Functions
from gateway.execution.compiled.leaves import leaf
from gateway.execution.compiled.running import SurpriseError


class NotCompilableError(Exception):
    """The selection has something that there is no way for but graphql-core's."""


Lines = tuple[list[str], bool]
"""Lines that put response data in a variable's place, and whether they do without run and path: whether no resolver is
in them."""


class Completions:
    """Writes what completes values.

    Args:
        functions: what is written is part of them.
        of_object: what completes objects of a type, with what some fields of one response name select of them;
            called as `lines` is.
    """

    def __init__(
        self, functions: Functions, of_object: Callable[[GraphQLObjectType, list[FieldDetails], str, str], Lines]
    ) -> None:
        self._functions = functions
        self._of_object = of_object
        self.surprise = f"raise {functions.constant(SurpriseError)}"

    def lines(self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str) -> Lines:
        """Lines that complete a value.

        Args:
            type_: of the field.
            fields: of one response name.
            value: name of the variable.
            path: of the value, in Python.
        """
        if isinstance(type_, GraphQLNonNull):
            # None is of no class that is looked for, and has no attribute that is read.
            return self._present(type_.of_type, fields, value, path)
        way = leaf(type_) if is_leaf_type(type_) else None
        if way is not None and way.convert is None and way.names is None:
            # A text is there nearly always: its class says so, and is looked at once.
            unlike = f"{value}.__class__ is not {self._functions.constant(way.of_class)}"
            return [f"if {unlike} and {value} is not None: {self.surprise}"], True
        lines, is_plain = self._present(type_, fields, value, path)
        return [f"if {value} is not None:", *indented(lines or ["pass"])], is_plain

    def _present(self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str) -> Lines:
        """The same for a value that is not null."""
        if isinstance(type_, GraphQLObjectType):
            return self._of_object(type_, fields, value, path)
        if isinstance(type_, GraphQLList):
            return self._items(type_.of_type, fields, value, path)
        way = leaf(type_) if is_leaf_type(type_) else None
        if way is None:
            raise NotCompilableError
        lines = [f"if {value}.__class__ is not {self._functions.constant(way.of_class)}: {self.surprise}"]
        if way.names is not None:
            lines.append(f"{value} = {self._functions.constant(way.names)}[{value}._name_]")
        if way.convert is not None:
            lines.append(f"{value} = {self._functions.constant(way.convert)}({value})")
        return lines, True

    def _items(self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str) -> Lines:
        made, item, index = (self._functions.name() for _ in range(3))
        lines, is_plain = self.lines(type_, fields, item, f"({path}, {index})")
        return [
            f"if {value}.__class__ is not tuple and {value}.__class__ is not list: {self.surprise}",
            f"{made} = []",
            f"for {item} in {value}:" if is_plain else f"for {index}, {item} in enumerate({value}):",
            *indented([*lines, f"{made}.append({item})"]),
            f"{value} = {made}",
        ], is_plain


def indented(lines: list[str]) -> list[str]:
    return [f" {line}" for line in lines]
