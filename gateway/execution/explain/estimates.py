"""What may follow from a value that is not known yet: read off the document, since there is no value to ask."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self, cast

import strawberry
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields

from gateway.billing import InvoiceDateWindow
from gateway.execution.compiled.arguments import arguments
from gateway.execution.compiled.variables import Variables
from gateway.execution.explain.resources import PARTS, VALUES
from gateway.schema.filters import Criteria, Within, given
from gateway.schema.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

_CONNECTION = "InvoiceConnection"
_PAGE = frozenset({_CONNECTION, "InvoiceEdge"})
_DEFINITION = "strawberry-definition"  # As in `execution.compiled.selections`.


@dataclasses.dataclass(frozen=True, slots=True)
class Estimate:
    """What one object may make necessary.

    Attributes:
        answers: at most so many of each resource, by its name.
        parts: resources that the object itself is to be read from, unless it has been.
        windows: of invoices that may be asked for.
    """

    answers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    parts: frozenset[str] = frozenset()
    windows: frozenset[InvoiceDateWindow] = frozenset()

    def __add__(self, other: Self) -> "Estimate":
        names = self.answers.keys() | other.answers.keys()
        answers = {name: self.answers.get(name, 0) + other.answers.get(name, 0) for name in names}
        return Estimate(answers, self.parts | other.parts, self.windows | other.windows)

    def each(self, count: float) -> "Estimate":
        """For so many objects, whose parts are still to be read."""
        numbers = {name: self.answers.get(name, 0) + (name in self.parts) for name in {*self.answers, *self.parts}}
        answers = {name: number * count for name, number in numbers.items()} if count else {}
        return Estimate(answers, windows=self.windows)

    def read(self) -> "Estimate":
        """For an object that has just been read, with its parts."""
        return Estimate(self.answers, windows=self.windows)


class Estimates:
    """Estimates for one operation; equal selections are looked through once.

    Args:
        schema: that the operation is valid for.
        document: valid.
        operation: of the document.
        inputs: the variables, as they were sent.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        inputs: dict[str, Any],
    ) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 — Strawberry has no other name for graphql-core's schema.
        self._operation = operation
        self._fragments = {
            each.name.value: FragmentDetails(each)
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._variables = Variables(self._core, operation.variable_definitions or (), inputs, is_as_is=False)
        self._known: dict[tuple[Any, ...], Estimate] = {}
        self._selections: dict[tuple[Any, ...], dict[str, list[FieldDetails]]] = {}

    def below(self, path: Sequence[str]) -> Estimate:
        """What the value at a path may make necessary, once it is there.

        Args:
            path: response names from the root on, without indices.
        """
        type_ = cast("GraphQLObjectType", self._core.query_type)
        fields = self._root[path[0]]
        for name in path[1:]:
            type_ = cast("GraphQLObjectType", get_named_type(type_.fields[fields[0].node.name.value].type))
            fields = self._selected(type_, fields)[name]
        name, answers = VALUES.get((type_.name, fields[0].node.name.value), ("", 1))
        # One of its answers has been asked for; nobody knows yet whether others follow.
        following = Estimate({name: answers - 1} if answers > 1 else {})
        return self._value(type_, fields).read() + following

    @cached_property
    def _root(self) -> dict[str, list[FieldDetails]]:
        type_ = cast("GraphQLObjectType", self._core.query_type)
        collected = collect_fields(self._core, self._fragments, self._variables.values, type_, self._operation)
        return collected.grouped_field_set

    def _selected(self, type_: GraphQLObjectType, fields: list[FieldDetails]) -> dict[str, list[FieldDetails]]:
        key = _key(type_, fields)
        if key not in self._selections:
            collected = collect_subfields(
                self._core, self._fragments, self._variables.values, self._operation, type_, fields
            )
            self._selections[key] = collected.grouped_field_set
        return self._selections[key]

    def _object(self, type_: GraphQLObjectType, fields: list[FieldDetails]) -> Estimate:
        key = _key(type_, fields)
        if key not in self._known:
            estimates = [self._field(type_, inner) for inner in self._selected(type_, fields).values()]
            self._known[key] = sum(estimates, Estimate())
        return self._known[key]

    def _field(self, type_: GraphQLObjectType, fields: list[FieldDetails]) -> Estimate:
        name = fields[0].node.name.value
        field = type_.fields.get(name)
        if field is None:
            return Estimate()  # __typename.
        part, of = PARTS.get((type_.name, name)), VALUES.get((type_.name, name))
        own = Estimate(parts=frozenset({part} if part else ()))
        value = self._value(type_, fields)
        if of is not None:
            return own + value.read() + Estimate({of[0]: of[1]})
        if type_.name in _PAGE:
            return own + value  # Of one invoice of the page, wherever it stands there.
        if get_named_type(field.type).name == _CONNECTION:
            window, _size = self._page(field, fields[0])
            own += Estimate(windows=frozenset({window} if window else ()))
        # Nobody knows how long a list is.
        return own + value.each(math.inf if is_list_type(get_nullable_type(field.type)) else 1)

    def _value(self, type_: GraphQLObjectType, fields: list[FieldDetails]) -> Estimate:
        """What a field's value may make necessary; of a list, each item of it."""
        field = type_.fields[fields[0].node.name.value]
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            return Estimate()
        estimate = self._object(inner, fields)
        if inner.name != _CONNECTION:
            return estimate
        _window, page_size = self._page(field, fields[0])
        return estimate.each(page_size)

    def _page(self, field: GraphQLField, asked: FieldDetails) -> tuple[InvoiceDateWindow | None, int]:
        """The window and page size of a connection; none where its arguments will be refused."""
        try:
            found = arguments(self._schema, field, field.extensions[_DEFINITION], asked.node)
            values = found(self._variables) if callable(found) else found
        except GraphQLError:
            return None, 0
        sizes = [size for name in ("first", "last") if (size := given(values.get(name))) is not None]
        size = max(0, min(MAX_PAGE_SIZE, *sizes, MAX_PAGE_SIZE)) if sizes else DEFAULT_PAGE_SIZE
        return Criteria.of(values.get("filter"), Within()).window, size


def _key(type_: GraphQLObjectType, fields: list[FieldDetails]) -> tuple[Any, ...]:
    """The same for equal selections of a type: they are nodes of the one document."""
    return (type_.name, *(id(field.node.selection_set) for field in fields))
