"""The smallest difference: fewer steps before it, and less in its document, as long as something still differs."""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.differential.comparison import Difference, Pair, compare_last
from tests.differential.sessions import Session, Step
from tests.machine.turned_loop import TurnedLoop

_MOST_TRIES = 400
_REMOVABLE = (OperationDefinitionNode, FieldNode, FragmentSpreadNode, InlineFragmentNode, DirectiveNode, ArgumentNode)


def smallest(session: Session, found: Difference, loop: TurnedLoop, pair: Pair | None = None) -> Difference:
    """A difference of the same session that is as small as some hundred tries can make it."""
    tries = iter(range(_MOST_TRIES))

    def still(history: list[Step], step: Step) -> Difference | None:
        return None if next(tries, None) is None else compare_last(session, history, step, loop, pair)

    found = _with_less_history(found, still)
    return _with_less_asked(found, still)


def _with_less_history(found: Difference, still: Callable[[list[Step], Step], Difference | None]) -> Difference:
    length = len(found.history)
    while length:
        at = 0
        while at < len(found.history):
            fewer = still(found.history[:at] + found.history[at + length :], found.step)
            if fewer is None:
                at += length
            else:
                found = fewer
        length //= 2
    return found


def _with_less_asked(found: Difference, still: Callable[[list[Step], Step], Difference | None]) -> Difference:
    """Passes over the document until one of them takes nothing away."""
    while (less := _after_one_pass(found, still)) is not found:
        found = less
    return found


def _after_one_pass(found: Difference, still: Callable[[list[Step], Step], Difference | None]) -> Difference:
    number = 0
    while True:
        asked = found.step.asked
        # What was removed leaves its number to the next.
        for at, document, variables in _without_one(asked.document, asked.variables, number):
            step = found.step._replace(asked=asked._replace(document=document, variables=variables))
            less = still(found.history, step)
            if less is not None:
                found, number = less, at
                break
        else:
            return found


def _without_one(
    text: str, variables: dict[str, Any] | None, start: int
) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """Documents with one selection, argument, directive or operation less; what holds others goes before them.

    Args:
        text: of the whole document.
        variables: sent with it.
        start: number of the first to be left out.
    """
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return
    remover = _Remover(-1)
    visit(document, remover)
    for number in range(start, remover.seen):
        # What is left empty does not print; the node above it is removed in its place.
        less = print_ast(_pruned(visit(document, _Remover(number))))
        yield number, less, {name: value for name, value in (variables or {}).items() if f"${name}:" in less} or None


class _Remover(Visitor):
    """Removes the node of a number; counts them."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.seen = 0

    def enter(self, node: Node, *_args: Any) -> Any:
        if isinstance(node, _REMOVABLE):
            self.seen += 1
            if self.seen - 1 == self._number:
                return REMOVE
        return None


def _pruned(document: DocumentNode) -> DocumentNode:
    """Without the fragments and variables that nothing uses any more."""
    while True:
        spread, used = _names(document)
        removed = []

        class Unused(Visitor):
            def enter(self, node: Node, *_args: Any) -> Any:
                is_unused = isinstance(node, FragmentDefinitionNode) and node.name.value not in spread  # noqa: B023
                is_unused |= isinstance(node, VariableDefinitionNode) and node.variable.name.value not in used  # noqa: B023
                if is_unused:
                    removed.append(node)  # noqa: B023
                return REMOVE if is_unused else None

        document = visit(document, Unused())
        if not removed:
            return document


def _names(document: DocumentNode) -> tuple[set[str], set[str]]:
    """Of the fragments that are spread, and of the variables that are used."""
    spread: set[str] = set()
    used: set[str] = set()

    class Collector(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: Any) -> None:
            spread.add(node.name.value)

        def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_args: Any) -> None:
            if not isinstance(parent, VariableDefinitionNode):
                used.add(node.name.value)

    visit(document, Collector())
    return spread, used
