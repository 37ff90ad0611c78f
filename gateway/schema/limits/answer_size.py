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
    is_abstract_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_list_type,
    is_object_type,
)

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import ANSWER_VALUES, SCAN_VALUES
from gateway.schema.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from gateway.schema.query import MAX_IDS

# Of a list that is no page: amendments, currencies, details and tax receipts are none to four.
_USUAL_ITEMS = 3.0
_INVOICES = "InvoiceConnection"
_CONNECTIONS = frozenset({_INVOICES, "InvoiceLineItemConnection"})
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
        by_kind: dict[str, float] = {}
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                on, values = of_type.name, self._field(selection, of_type)
            elif isinstance(selection, FragmentSpreadNode):
                on, values = self._fragment(selection.name.value)
            else:
                on, values = self._inline(cast("InlineFragmentNode", selection), of_type)
            if on != of_type.name and is_abstract_type(of_type):
                by_kind[on] = by_kind.get(on, 0.0) + values.once
                continue
            once += values.once
            each += values.each
        # An object is of one kind, whatever there is on the others.
        return _Values(once + max(by_kind.values(), default=0.0), each)

    def _fragment(self, name: str) -> tuple[str, _Values]:
        """The type that a fragment is on, and what it takes."""
        on = self._fragments[name].type_condition.name.value
        if name not in self._known:
            self._known[name] = self.of(self._fragments[name].selection_set, self._type(on))
        return on, self._known[name]

    def _inline(self, fragment: InlineFragmentNode, of_type: GraphQLCompositeType) -> tuple[str, _Values]:
        on = fragment.type_condition.name.value if fragment.type_condition else of_type.name
        return on, self.of(fragment.selection_set, self._type(on))

    def _type(self, name: str) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self._schema.type_map[name])

    def _field(self, node: FieldNode, of_type: GraphQLCompositeType) -> _Values:
        field = self._schema.get_field(of_type, node.name.value)
        if field is None or node.selection_set is None:
            return _Values(once=1)
        inner_type = cast("GraphQLCompositeType", get_named_type(field.type))
        inner = self.of(node.selection_set, inner_type)
        if inner_type.name in _CONNECTIONS:
            is_scanned = inner_type.name == _INVOICES and (of_type.name != _ROOT or _has(node, "filter"))
            scan = SCAN_VALUES if is_scanned else 0
            return _Values(once=1 + scan + inner.once + _page_size(node) * inner.each)
        if not is_list_type(get_nullable_type(field.type)):
            return _Values(once=1 + inner.once)
        if of_type.name in _CONNECTIONS and node.name.value in {"edges", "nodes"}:
            return _Values(once=1, each=1 + inner.once)
        scan = SCAN_VALUES if of_type.name == _INVOICES else 0  # Totals.
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
    inputs = [each for each in types if is_input_object_type(each)]
    outputs = [each for each in types if is_object_type(each) or is_interface_type(each)]
    fields = [field for each in (*inputs, *outputs) for field in each.fields.values()]
    return {
        "types": len(types),
        "directives": len(schema.directives),
        "fields": 2 * sum(len(each.fields) for each in outputs) / len(types),
        "inputFields": 2 * sum(len(each.fields) for each in inputs) / len(types),
        "enumValues": 2 * _mean(len(getattr(each, "values", ())) for each in types),
        "args": _mean(len(getattr(field, "args", ())) for field in fields),
        "interfaces": 1,
        "possibleTypes": max(
            (len(schema.get_possible_types(each)) for each in outputs if is_abstract_type(each)), default=1
        ),
    }


def _mean(counts: Iterable[int]) -> float:
    found = list(counts)
    return sum(found) / max(1, len(found))
