"""A request's variables, coerced: at once where there is nothing to coerce, by graphql-core otherwise."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values

Test = Callable[[Any], bool]

_INT32 = range(-(2**31), 2**31)


class UncoercibleError(Exception):
    """graphql-core is to tell the caller what is wrong with the variables."""


class Variables:
    """The variables of one request.

    Args:
        schema: whose types they are of.
        definitions: in the operation.
        inputs: as they were sent.
        is_as_is: whether coercing them would change nothing.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        definitions: Collection[VariableDefinitionNode],
        inputs: Mapping[str, Any],
        *,
        is_as_is: bool,
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._inputs = inputs
        self.coerced: Mapping[str, Any] = inputs if is_as_is else self.values.coerced

    @cached_property
    def values(self) -> VariableValues:
        """As graphql-core wants them.

        Raises:
            UncoercibleError: they do not fit.
        """
        # The first error is enough here, and suggestions take milliseconds for each: graphql-core tells them all.
        found = get_variable_values(
            self._schema, self._definitions, dict(self._inputs), max_errors=0, hide_suggestions=True
        )
        if isinstance(found, list):
            raise UncoercibleError
        return found


class VariableReader:
    """Reads the variables of one operation.

    Args:
        schema: whose types they are of.
        definitions: in the operation.
    """

    def __init__(self, schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._definitions = definitions
        self._tests = {
            each.variable.name.value: _as_is(cast("GraphQLInputType", type_from_ast(schema, each.type)))
            for each in definitions
        }

    def read(self, inputs: Mapping[str, Any]) -> Variables:
        """The variables of a request.

        Raises:
            UncoercibleError: they do not fit.
        """
        return Variables(self._schema, self._definitions, inputs, is_as_is=self._is_as_is(inputs))

    def _is_as_is(self, inputs: Mapping[str, Any]) -> bool:
        if len(inputs) != len(self._tests):
            return False
        for name, test in self._tests.items():  # noqa: SIM110 — a generator is a third of it.
            if name not in inputs or not test(inputs[name]):
                return False
        return True


def _as_is(type_: GraphQLInputType) -> Test:
    """The test whether a value is of such a type already, so that graphql-core would hand over its equal."""
    if isinstance(type_, GraphQLNonNull):
        if type_.of_type in _TEXTS:
            return _is_text
        is_one = _as_is(type_.of_type)
        return lambda value: value is not None and is_one(value)
    if isinstance(type_, GraphQLList):
        is_item = _as_is(type_.of_type)
        return lambda value: value is None or (value.__class__ is list and all(map(is_item, value)))
    return _AS_IS.get(type_, _never)


def _never(_value: Any) -> bool:
    return False


def _is_text(value: Any) -> bool:
    return value.__class__ is str


_TEXTS: tuple[Any, ...] = (GraphQLString, GraphQLID)
# By identity: another type of the same name might coerce otherwise.
_AS_IS: dict[Any, Test] = {
    GraphQLString: lambda value: value is None or value.__class__ is str,
    GraphQLID: lambda value: value is None or value.__class__ is str,
    GraphQLBoolean: lambda value: value is None or value.__class__ is bool,
    GraphQLInt: lambda value: value is None or (value.__class__ is int and value in _INT32),
}
