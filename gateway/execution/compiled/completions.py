"""How the value of a field becomes response data, by the field's type: lines of Python."""

from collections.abc import Callable
from typing import NamedTuple

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, is_leaf_type
from graphql.execution.collect_fields import FieldDetails

from gateway.execution.compiled.functions import Functions
from gateway.execution.compiled.leaves import leaf
from gateway.execution.compiled.running import SurpriseError


class NotCompilableError(Exception):
    """The selection has something that there is no way for but graphql-core's."""


class Completed(NamedTuple):
    """A function that makes response data of a value.

    Attributes:
        name: of the function.
        is_plain: whether it takes the value alone. Otherwise it takes the run and the value's path, too: there are
            resolvers in it.
    """

    name: str
    is_plain: bool


class Completions:
    """Writes what completes values.

    Args:
        functions: what is written is part of them.
        function_of: the function for objects of a type, with what some fields of one response name select of them.
    """

    def __init__(
        self, functions: Functions, function_of: Callable[[GraphQLObjectType, list[FieldDetails]], Completed]
    ) -> None:
        self._functions = functions
        self._function_of = function_of
        self.surprise = f"raise {functions.constant(SurpriseError)}"

    def lines(
        self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str
    ) -> tuple[list[str], bool]:
        """Lines that put response data in a variable's place, and whether they do without run and path.

        Args:
            type_: of the field.
            fields: of one response name.
            value: name of the variable.
            path: of the value, in Python.
        """
        if isinstance(type_, GraphQLNonNull):
            # None is of no class that is looked for, and has no attribute that is read.
            return self._present(type_.of_type, fields, value, path)
        lines, is_plain = self._present(type_, fields, value, path)
        return [f"if {value} is not None:", *(f" {line}" for line in lines or ["pass"])], is_plain

    def _present(
        self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str
    ) -> tuple[list[str], bool]:
        """The same for a value that is not null."""
        if isinstance(type_, GraphQLObjectType):
            completed = self._function_of(type_, fields)
            return [
                f"{value} = {completed.name}({value}{'' if completed.is_plain else f', run, {path}'})"
            ], completed.is_plain
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

    def _items(
        self, type_: GraphQLOutputType, fields: list[FieldDetails], value: str, path: str
    ) -> tuple[list[str], bool]:
        completion, is_plain = self.lines(type_, fields, "value", "path")
        name = self._functions.name()
        self._functions.define(name, "value" if is_plain else "value, run, path", [*completion, "return value"])
        if is_plain:
            made = f"[{name}(each) for each in {value}]"
        else:
            made = f"[{name}(each, run, ({path}, index)) for index, each in enumerate({value})]"
        return [
            f"if {value}.__class__ is not tuple and {value}.__class__ is not list: {self.surprise}",
            f"{value} = {made}",
        ], is_plain
