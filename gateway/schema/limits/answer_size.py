"""How many values an answer may have, estimated from the document alone: a short one can ask for a long answer."""

from collections.abc import Iterable
from typing import NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
)

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import ANSWER_VALUES, SCAN_VALUES
from gateway.schema.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from gateway.schema.query import MAX_IDS

# Of a list that is no page: amendments, currencies, details and tax receipts are none to four.
_USUAL_ITEMS = 3.0
_CONNECTION = "InvoiceConnection"
_ROOT = "Query"  # Elsewhere a connection has the invoices of a currency, or of a currency and type.


class _Values(NamedTuple):
    """What a selection set takes: once, and for each item of the page it is of (a connection's only)."""

    once: float = 0
    each: float = 0


def check_answer_size(document: DocumentNode, schema: GraphQLSchema) -> None:
    """Refuse a valid document whose answer would take the event loop for too long.

    Raises:
        LimitExceededError: an operation's answer has more values than one may.
    """
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    estimate = _Estimate(schema, fragments)
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            root = cast("GraphQLCompositeType", schema.get_root_type(operation.operation))
            if estimate.of(operation.selection_set, root).once > ANSWER_VALUES:
                raise LimitExceededError("answerValues", ANSWER_VALUES)


class _Estimate:
    """Values of selection sets, each fragment's found once. Nesting is bounded before, so recursion is too.

    Args:
        schema: which the document fits.
        fragments: by name.
    """

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, _Values] = {}
        self._items = _introspection_items(schema)

    def of(self, selection_set: SelectionSetNode, of_type: GraphQLCompositeType) -> _Values:
        once = each = 0.0
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                values = self._field(selection, of_type)
            elif isinstance(selection, FragmentSpreadNode):
                values = self._fragment(selection.name.value)
            else:
                values = self._inline(cast("InlineFragmentNode", selection), of_type)
            once += values.once
            each += values.each
        return _Values(once, each)

    def _fragment(self, name: str) -> _Values:
        if name not in self._known:
            fragment = self._fragments[name]
            self._known[name] = self.of(fragment.selection_set, self._type(fragment.type_condition.name.value))
        return self._known[name]

    def _inline(self, fragment: InlineFragmentNode, of_type: GraphQLCompositeType) -> _Values:
        condition = fragment.type_condition
        return self.of(fragment.selection_set, self._type(condition.name.value) if condition else of_type)

    def _type(self, name: str) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self._schema.type_map[name])

    def _field(self, node: FieldNode, of_type: GraphQLCompositeType) -> _Values:
        field = self._schema.get_field(of_type, node.name.value)
        if field is None or node.selection_set is None:
            return _Values(once=1)
        inner_type = cast("GraphQLCompositeType", get_named_type(field.type))
        inner = self.of(node.selection_set, inner_type)
        if inner_type.name == _CONNECTION:
            scan = SCAN_VALUES if of_type.name != _ROOT or _has(node, "filter") else 0
            return _Values(once=1 + scan + inner.once + _page_size(node) * inner.each)
        if not is_list_type(get_nullable_type(field.type)):
            return _Values(once=1 + inner.once)
        if of_type.name == _CONNECTION and node.name.value in {"edges", "nodes"}:
            return _Values(once=1, each=1 + inner.once)
        scan = SCAN_VALUES if of_type.name == _CONNECTION else 0  # Totals.
        return _Values(once=1 + scan + self._length(node, of_type) * (1 + inner.once))

    def _length(self, node: FieldNode, of_type: GraphQLCompositeType) -> float:
        """How many items a list has that is no page: as many as are asked for, or what is usual."""
        if is_introspection_type(of_type):
            return self._items.get(node.name.value, _USUAL_ITEMS)
        for argument in node.arguments or ():  # The ids of `invoicesById`.
            return len(argument.value.values) if isinstance(argument.value, ListValueNode) else MAX_IDS
        return _USUAL_ITEMS


def _page_size(node: FieldNode) -> int:
    sizes = [argument.value for argument in node.arguments or () if argument.name.value in {"first", "last"}]
    return max(map(_size, sizes), default=DEFAULT_PAGE_SIZE)


def _has(node: FieldNode, name: str) -> bool:
    return any(argument.name.value == name for argument in node.arguments or ())


def _size(value: ValueNode) -> int:
    """As far as it is known before there are variables; what is out of bounds is refused where it is asked for."""
    return max(0, min(int(value.value), MAX_PAGE_SIZE)) if isinstance(value, IntValueNode) else MAX_PAGE_SIZE


def _introspection_items(schema: GraphQLSchema) -> dict[str, float]:
    """How long the lists of introspection are. Types that fields lead to are larger than the mean: hence twice."""
    types = list(schema.type_map.values())
    fields = [field for each in types for field in getattr(each, "fields", {}).values()]
    return {
        "types": len(types),
        "directives": len(schema.directives),
        "fields": 2 * _mean(len(getattr(each, "fields", ())) for each in types),
        "inputFields": 2 * _mean(len(getattr(each, "fields", ())) for each in types),
        "enumValues": 2 * _mean(len(getattr(each, "values", ())) for each in types),
        "args": _mean(len(getattr(field, "args", ())) for field in fields),
        "interfaces": 1,
        "possibleTypes": 1,
    }


def _mean(counts: Iterable[int]) -> float:
    found = list(counts)
    return sum(found) / max(1, len(found))
