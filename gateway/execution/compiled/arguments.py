"""The arguments of one field: as constants where the document has them, else from the variables."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField, VariableNode, get_named_type, is_scalar_type
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language.visitor import BREAK, Visitor, visit
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.execution.compiled.variables import Variables

Arguments = dict[str, Any] | Callable[[Variables], dict[str, Any]]

_NO_VARIABLES = VariableValues({}, {})


def arguments(schema: strawberry.Schema, field: GraphQLField, of: StrawberryField, node: FieldNode) -> Arguments:
    """What a field's resolver is called with: a constant, or what makes it from the variables.

    Args:
        schema: the field's.
        field: as graphql-core has it.
        of: as Strawberry has it.
        node: the field in the document.

    Raises:
        GraphQLError: the document's values do not fit; where variables are among them, when it is called.
    """

    def general(values: VariableValues) -> dict[str, Any]:
        return convert_arguments(
            get_argument_values(field, node, values),
            of.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )

    if not _has_variables(node):
        return general(_NO_VARIABLES)
    plain = _plain_variables(schema, field, of, node)

    def read(variables: Variables) -> dict[str, Any]:
        if plain is not None:
            coerced = variables.coerced
            found = {name: coerced.get(variable) for name, variable in plain.items()}
            # One that is null or was left out may be an error, or mean the argument's default.
            if None not in found.values():
                return found
        return general(variables.values)

    return read


def _has_variables(node: FieldNode) -> bool:
    found = _Variables()
    for argument in node.arguments or ():
        visit(argument, found)
    return found.any


class _Variables(Visitor):
    any = False

    def enter_variable(self, *_: Any) -> Any:
        self.any = True
        return BREAK


def _plain_variables(
    schema: strawberry.Schema, field: GraphQLField, of: StrawberryField, node: FieldNode
) -> dict[str, str] | None:
    """The variable of each parameter, where each is given by one whose value Strawberry would hand on as it is."""
    python_names = {schema.config.name_converter.from_argument(each): each.python_name for each in of.arguments}
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    if given.keys() != field.args.keys():
        return None
    plain = {}
    for name, value in given.items():
        if not isinstance(value, VariableNode) or not is_scalar_type(get_named_type(field.args[name].type)):
            return None
        plain[python_names[name]] = value.name.value
    return plain
