"""Which operations are compiled, and what is kept of them."""

import dataclasses
from collections import Counter, OrderedDict
from typing import Any

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
)
from graphql.execution.values import VariableValues
from graphql.language.visitor import Visitor, visit

from gateway.execution.compiled.completions import NotCompilableError
from gateway.execution.compiled.functions import Function
from gateway.execution.compiled.running import Run
from gateway.execution.compiled.selections import Selections
from gateway.execution.compiled.variables import VariableReader, Variables
from gateway.schema.context import Context
from gateway.schema.limits.maxima import KEPT_CHARACTERS, KEPT_DOCUMENTS
from gateway.schema.limits.variables import check_variables

# Of all functions that are kept. Each takes about a KiB.
MOST_KEPT_FIELDS = 20_000

# Of one operation. Each is the operation with other values of the variables in its @skip and @include.
_MOST_VARIANTS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class _Variant:
    """A function, and what is to be known of it."""

    function: Function
    shares_fields: bool


class Plans:
    """Compiles operations as they come, and keeps what was used last.

    Args:
        schema: that they are valid for.

    Attributes:
        compiled: how many operations were answered by a function.
        left: how many were left to graphql-core, with or without a function.
    """

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._kept: OrderedDict[tuple[str, str | None], _Plan] = OrderedDict()
        # A plan holds its document, though that may be forgotten where it was read: so many hold each, by its identity.
        self._holders: Counter[int] = Counter()
        self._held_characters = 0
        self.compiled = 0
        self.left = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def data(
        self,
        text: str,
        document: DocumentNode,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        context: Context,
    ) -> dict[str, Any] | None:
        """Response data of an operation in which nothing went wrong; None leaves it to graphql-core.

        Args:
            text: of the document.
            document: valid.
            operation_name: as the request has it.
            variables: as the request has them.
            context: of the operation. What a run that ends in None has noted there is void.
        """
        plan = self._plan(text, document, operation_name)
        data: dict[str, Any] | None = None
        if plan is not None:
            try:
                read = plan.read(variables or {})
                variant = self._variant(plan, read)
                if variant is not None:
                    data = await Run(context, read).complete(variant.function, None, None)
                    if context.stale and variant.shares_fields:
                        data = None  # Each of the fields that were answered by one call has to say that it is stale.
            except Exception:  # noqa: BLE001 — whatever it is, graphql-core comes upon it again and tells it.
                data = None
        if data is None:
            self.left += 1
        else:
            self.compiled += 1
        return data

    def _variant(self, plan: "_Plan", variables: Variables) -> _Variant | None:
        fields_before = plan.fields
        variant = plan.variant(variables)
        if plan.fields > fields_before:
            self._forget_some()
        return variant

    def _plan(self, text: str, document: DocumentNode, operation_name: str | None) -> "_Plan | None":
        key = (text, operation_name)
        plan = self._kept.get(key)
        if plan is not None:
            self._kept.move_to_end(key)
            return plan
        operation = query_of(document, operation_name)
        if operation is None:
            return None  # Not remembered: its name may be of any length, and every request may have another.
        plan = self._kept[key] = _Plan(self._schema, document, operation)
        self._held_characters += 0 if self._holders[id(document)] else len(text)
        self._holders[id(document)] += 1
        while len(self._kept) > KEPT_DOCUMENTS or self._held_characters > KEPT_CHARACTERS:
            self._forget_one()
        return plan

    def _forget_some(self) -> None:
        """Of what was used longest ago, as many as all together have too many fields."""
        fields = sum(plan.fields for plan in self._kept.values())
        while fields > MOST_KEPT_FIELDS:
            fields -= self._forget_one().fields

    def _forget_one(self) -> "_Plan":
        (text, _name), plan = self._kept.popitem(last=False)
        document = id(plan.document)
        self._holders[document] -= 1
        if not self._holders[document]:
            del self._holders[document]
            self._held_characters -= len(text)
        return plan


class _Plan:
    """One operation.

    Attributes:
        document: that it is of.
        fields: of all its functions.
    """

    def __init__(self, schema: strawberry.Schema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self.document = document
        self._operation = operation
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._toggles = _toggles(document)
        self._reader = VariableReader(schema._schema, operation.variable_definitions or ())  # noqa: SLF001 — no other name.
        self._variants: dict[tuple[Any, ...], _Variant | None] = {}
        self.fields = 0

    def read(self, inputs: dict[str, Any]) -> Variables:
        """The variables of a request.

        Raises:
            LimitExceededError: there are too many.
            UncoercibleError: they do not fit.
        """
        check_variables(inputs)
        return self._reader.read(inputs)

    def variant(self, variables: Variables) -> _Variant | None:
        """The operation as it is with some variables; None where it is not compiled."""
        toggles = tuple(map(variables.coerced.get, self._toggles))
        if toggles not in self._variants:
            if len(self._variants) >= _MOST_VARIANTS:
                return None
            self._variants[toggles] = self._compiled(variables.values if toggles else _NO_VARIABLES)
        return self._variants[toggles]

    def _compiled(self, toggles: VariableValues) -> _Variant | None:
        selections = Selections(self._schema, self._operation, self._fragments, toggles)
        try:
            function = selections.compiled()
        except (NotCompilableError, GraphQLError):  # The latter where a condition is null, each time.
            return None
        self.fields += selections.fields
        return _Variant(function, selections.shares_fields)


_NO_VARIABLES = VariableValues({}, {})


def query_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The query that a request means; None where graphql-core has something to say about that."""
    meant = None
    for each in document.definitions:
        if not isinstance(each, OperationDefinitionNode):
            continue
        if name is None or (each.name is not None and each.name.value == name):
            if meant is not None:
                return None
            meant = each
    return meant if meant is not None and meant.operation is OperationType.QUERY else None


def _toggles(document: DocumentNode) -> tuple[str, ...]:
    """The variables that say which fields there are."""
    found = _Toggles()
    visit(document, found)
    return tuple(found.names)


class _Toggles(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names[argument.value.name.value] = None
