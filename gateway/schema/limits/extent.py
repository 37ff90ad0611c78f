"""How far a document reaches through its fragments: depth, aliases, nesting. Each definition is walked once."""

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import LITERAL_VALUES, NESTING, OPERATIONS, DocumentLimits

_INTROSPECTION = frozenset({"__schema", "__type"})


class _Spread(NamedTuple):
    """A fragment where it is spread: the levels above it."""

    name: str
    depth: int
    nesting: int
    is_introspection: bool


class _Extent(NamedTuple):
    """What a definition reaches; its own, or with all that it spreads."""

    depth: int = 0
    aliases: int = 0
    nesting: int = 0


def check_extent(document: DocumentNode, limits: DocumentLimits) -> None:
    """Refuse what reaches too far, before the rules of validation, some of which take its square.

    Raises:
        LimitExceededError: with the first limit that is exceeded.
    """
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > OPERATIONS:
        raise LimitExceededError("operations", OPERATIONS)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    for operation in operations:
        for variable in operation.variable_definitions or ():
            _check_literal(variable.default_value)
    reached = _Reached(fragments)
    for operation in operations:
        extent = reached.by_operation(operation)
        if extent.depth > limits.depth:
            raise LimitExceededError("depth", limits.depth)
        if extent.aliases > limits.aliases:
            raise LimitExceededError("aliases", limits.aliases)
        _check_nesting(extent)
    # Validation reads a fragment that nothing spreads before it says so. Its depth has no meaning: it may be of
    # introspection.
    for name in fragments:
        _check_nesting(reached.by_fragment(name))


def _check_nesting(extent: _Extent) -> None:
    if extent.nesting > NESTING:
        raise LimitExceededError("nesting", NESTING)


class _Reached:
    """Extents with all that is spread, each fragment's found once. A cycle adds nothing; validation tells it.

    Args:
        fragments: by name.
    """

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._walked = {name: _walk(fragment.selection_set) for name, fragment in fragments.items()}
        self._known: dict[str, _Extent] = {}

    def by_operation(self, operation: OperationDefinitionNode) -> _Extent:
        own, spreads = _walk(operation.selection_set)
        for spread in spreads:
            self._find(spread.name)
        return self._with_spreads(own, spreads)

    def by_fragment(self, name: str) -> _Extent:
        self._find(name)
        return self._known[name]

    def _find(self, root: str) -> None:
        """Depth first without recursion: a chain may be of a thousand fragments."""
        if root in self._known or root not in self._fragments:
            return
        entered = {root}
        path = [(root, iter(self._walked[root][1]))]
        while path:
            name, spreads = path[-1]
            for spread in spreads:
                if spread.name in self._walked and spread.name not in entered and spread.name not in self._known:
                    entered.add(spread.name)
                    path.append((spread.name, iter(self._walked[spread.name][1])))
                    break
            else:
                path.pop()
                self._known[name] = self._with_spreads(*self._walked[name])

    def _with_spreads(self, own: _Extent, spreads: list[_Spread]) -> _Extent:
        depth, aliases, nesting = own
        for spread in spreads:
            reached = self._known.get(spread.name, _Extent())
            depth = max(depth, spread.depth + (0 if spread.is_introspection else reached.depth))
            aliases += reached.aliases
            nesting = max(nesting, spread.nesting + reached.nesting)
        return _Extent(depth, aliases, nesting)


def _walk(selection_set: SelectionSetNode) -> tuple[_Extent, list[_Spread]]:
    """A definition's own extent, and its spreads."""
    depth = aliases = nesting = 0
    spreads: list[_Spread] = []
    open_sets = [(selection_set, 0, 1, False)]
    while open_sets:
        selections, above, nested, is_introspection = open_sets.pop()
        nesting = max(nesting, nested)
        for selection in selections.selections:
            _check_literals(selection)
            if isinstance(selection, FragmentSpreadNode):
                spreads.append(_Spread(selection.name.value, above, nested, is_introspection))
                continue
            level, below = above, is_introspection
            if isinstance(selection, FieldNode):
                aliases += selection.alias is not None
                below = below or selection.name.value in _INTROSPECTION
                level += not below
                depth = max(depth, level)
            inner: SelectionSetNode | None = getattr(selection, "selection_set", None)
            if inner:
                open_sets.append((inner, level, nested + 1, below))
    return _Extent(depth, aliases, nesting), spreads


def _check_literals(selection: SelectionNode) -> None:
    for argument in _arguments(selection):
        _check_literal(argument.value)


def _arguments(selection: SelectionNode) -> Iterator[ArgumentNode]:
    yield from getattr(selection, "arguments", None) or ()
    for directive in selection.directives or ():
        yield from directive.arguments or ()


def _check_literal(literal: ValueNode | None) -> None:
    open_values = [literal]
    count = 0
    while open_values:
        value = open_values.pop()
        if isinstance(value, ListValueNode):
            inner = list(value.values)
        elif isinstance(value, ObjectValueNode):
            inner = [field.value for field in value.fields]
        else:
            continue
        count += len(inner)
        if count > LITERAL_VALUES:
            raise LimitExceededError("literalValues", LITERAL_VALUES)
        open_values += inner
