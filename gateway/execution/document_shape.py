"""What may be told of a document: its operation's name, and its shape without a value in it."""

from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    OperationDefinitionNode,
    StringValueNode,
    print_ast,
)
from graphql.language.visitor import REMOVE, Visitor, visit

_LONGEST_NAME = 64
_MOST_VARIABLES = 50
_LONGEST_SHAPE = 2000
# Of this length it holds up the event loop for some milliseconds, once in an operation that took seconds.
_LONGEST_SHAPED = 2000

_KINDS: dict[type[Node], str] = {
    BooleanValueNode: "Boolean",
    EnumValueNode: "Enum",
    FloatValueNode: "Float",
    IntValueNode: "Int",
    NullValueNode: "Null",
    StringValueNode: "String",
}


def told_name(operation: OperationDefinitionNode | None) -> str | None:
    """Its name in the document, shortened. What a request calls it besides is any text, and not told."""
    return None if operation is None or operation.name is None else operation.name.value[:_LONGEST_NAME]


def variable_types(operation: OperationDefinitionNode) -> dict[str, str]:
    """Its first variables, each with the type that it is declared with."""
    return {
        each.variable.name.value[:_LONGEST_NAME]: print_ast(each.type)[:_LONGEST_NAME]
        for each in (operation.variable_definitions or ())[:_MOST_VARIABLES]
    }


def shape_of(document: DocumentNode, length: int) -> str | None:
    """The document with the kind of each literal in its place; None of one that is long.

    Args:
        document: valid.
        length: of its text, in characters.
    """
    if length > _LONGEST_SHAPED:
        return None
    text = " ".join(print_ast(visit(document, _Redaction())).split())
    return text if len(text) <= _LONGEST_SHAPE else text[:_LONGEST_SHAPE] + "…"


class _Redaction(Visitor):
    def enter(self, node: Node, key: Any, *_: Any) -> Any:
        if key == "description":
            return REMOVE
        kind = _KINDS.get(type(node))
        return None if kind is None else EnumValueNode(value=kind)

    def leave_list_value(self, node: ListValueNode, *_: Any) -> Any:
        # How many there were is not its shape; nor would a hundred kinds tell more than one.
        return ListValueNode(values=node.values[:1])
