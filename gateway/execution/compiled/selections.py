"""From the selection set of an operation to a function that makes response data of its root value."""

import dataclasses
from inspect import isawaitable
from types import CoroutineType
from typing import Any, cast

import strawberry
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    print_ast,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from gateway.execution.compiled.arguments import arguments
from gateway.execution.compiled.completions import Completions, Lines, NotCompilableError
from gateway.execution.compiled.functions import Function, Functions
from gateway.execution.compiled.resolved import Resolved
from gateway.execution.compiled.running import FieldInfo

# Each takes some 20 µs to compile, without a pause.
MOST_FIELDS = 1500

# Python has no more than 20 loops within each other.
_MOST_NESTED_OBJECTS = 10

# So little is written again wherever it is met: to call a function for it would take longer than what it does.
_FEW_FIELDS = 3

_DEFINITION = "strawberry-definition"  # Where Strawberry leaves its own (GraphQLCoreConverter.DEFINITION_BACKREF).


@dataclasses.dataclass(slots=True)
class _Object:
    """What makes response data of objects of a type.

    Attributes:
        value: name of the variable that an object is in.
        lines: to run first.
        made: the response data, in Python.
        is_plain: as in `Lines`.
        fields: how many there are in it, at any depth.
        function: its name as one; None while it stands in the one place that it was written for.
    """

    value: str
    lines: list[str]
    made: str
    is_plain: bool
    fields: int = 0
    function: str | None = None


class Selections:
    """Compiles one operation, as it is with given values of the variables in its `@skip` and `@include`.

    Args:
        schema: that the operation is valid for.
        operation: a query.
        fragments: of its document, by name.
        toggles: the values of those variables.

    Attributes:
        fields: how many were written.
        shares_fields: whether some stand under several names.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        toggles: VariableValues,
    ) -> None:
        self._schema = schema
        self._core = schema._schema  # noqa: SLF001 — Strawberry has no other name for graphql-core's schema.
        self._operation = operation
        self._fragments = {name: FragmentDetails(each) for name, each in fragments.items()}
        self._toggles = toggles
        self._functions = Functions()
        self._objects: dict[tuple[str, ...], _Object] = {}
        self._known_texts: dict[int, str] = {}
        self.fields = 0
        self._depth = 0
        self.shares_fields = False
        self._completions = Completions(self._functions, self._object)
        self._coroutine = self._functions.constant(CoroutineType)
        self._is_odd = self._functions.constant(_is_odd)
        self._info = self._functions.constant(FieldInfo)

    def compiled(self) -> Function:
        """The function: takes the root value, a run and the path None.

        Raises:
            NotCompilableError: it has to be left to graphql-core.
        """
        root = cast("GraphQLObjectType", self._core.query_type)
        collected = collect_fields(self._core, self._fragments, self._toggles, root, self._operation)
        written = self._written(root, collected.grouped_field_set, "value", is_root=True)
        return self._functions.made(self._function(written))

    def _object(self, type_: GraphQLObjectType, fields: list[FieldDetails], value: str, path: str) -> Lines:
        """Completes objects of a type, with what some fields of one response name select of them together.

        A plain one is written where it is met first, which spares a call, and a short one wherever it is met; a
        function is what others share.
        """
        key = (type_.name, *self._texts(fields))
        known = self._objects.get(key)
        if known is None or (known.is_plain and known.fields <= _FEW_FIELDS):
            collected = collect_subfields(self._core, self._fragments, self._toggles, self._operation, type_, fields)
            fields_before = self.fields
            self._depth += 1
            known = self._objects[key] = self._written(type_, collected.grouped_field_set, value)
            self._depth -= 1
            known.fields = self.fields - fields_before
            if known.is_plain and (self._depth + 1) % _MOST_NESTED_OBJECTS:
                return [*known.lines, f"{value} = {known.made}"], True
        elif known.function is None:
            self._count_fields(known.fields)  # They are written once more.
        name = known.function = known.function or self._function(known)
        return [f"{value} = {name}({value}{'' if known.is_plain else f', run, {path}'})"], known.is_plain

    def _function(self, written: _Object) -> str:
        name = self._functions.name()
        parameters = written.value if written.is_plain else f"{written.value}, run, path"
        self._functions.define(name, parameters, [*written.lines, f"return {written.made}"])
        return name

    def _written(
        self, type_: GraphQLObjectType, selected: dict[str, list[FieldDetails]], value: str, *, is_root: bool = False
    ) -> _Object:
        lines: list[str] = []
        made: dict[str, str] = {}
        resolved: dict[tuple[str, ...], Resolved] = {}
        is_plain = not is_root
        for name, fields in selected.items():
            self._count_fields(1)
            node = fields[0].node
            if node.name.value == "__typename":
                made[name] = repr(type_.name)
                continue
            field = type_.fields.get(node.name.value)
            if field is None:
                raise NotCompilableError  # Introspection.
            of = field.extensions[_DEFINITION]
            if of.is_basic_field:
                member = made[name] = self._functions.name()
                completion, is_plain_field = self._completions.lines(field.type, fields, member, f"(path, {name!r})")
                lines += [f"{member} = {value}.{_identifier(of.python_name)}", *completion]
                is_plain = is_plain and is_plain_field
                continue
            made[name] = "None"
            asked = self._asked(fields)
            if asked in resolved:
                resolved[asked].names.append(name)
                self.shares_fields = True
            else:
                resolved[asked] = self._resolved(field, of, name, fields, value)
        if not (lines or is_root):
            # No attribute is read that only a value of the type has.
            lines = [f"if {self._is_odd}({value}): {self._completions.surprise}"]
        members = "{" + ", ".join(f"{name!r}: {member}" for name, member in made.items()) + "}"
        if not resolved:
            return _Object(value, lines, members, is_plain)
        lines.append(f"made = {members}")
        for each in resolved.values():
            lines += each.lines(self._coroutine)
        return _Object(value, lines, "made", is_plain=False)

    def _resolved(
        self, field: GraphQLField, of: StrawberryField, name: str, fields: list[FieldDetails], parent: str
    ) -> Resolved:
        resolver = of.base_resolver
        if resolver is None or of.extensions or resolver.self_parameter or resolver.root_parameter:
            raise NotCompilableError
        try:
            given = arguments(self._schema, field, of, fields[0].node)
        except GraphQLError:
            raise NotCompilableError from None
        parameters = []
        if resolver.parent_parameter is not None:
            parameters.append(f"{_identifier(resolver.parent_parameter.name)}={parent}")
        if resolver.info_parameter is not None:
            info = f"{self._info}(run.context, at)"
            parameters.append(f"{_identifier(resolver.info_parameter.name)}={info}")
        if given:
            constant = self._functions.constant(given)
            parameters.append(f"**{constant}(run.variables)" if callable(given) else f"**{constant}")
        call = f"{self._functions.constant(resolver.wrapped_func)}({', '.join(parameters)})"
        completion, _is_plain = self._completions.lines(field.type, fields, "value", "path")
        complete = self._functions.name()
        self._functions.define(complete, "value, run, path", [*completion, "return value"])
        if is_leaf_type(get_named_type(field.type)):
            at_once, _is_plain = self._completions.lines(field.type, fields, "found", "at")
        else:
            at_once = [f"found = {complete}(found, run, at)"]
        return Resolved([name], call, complete, at_once)

    def _asked(self, fields: list[FieldDetails]) -> tuple[str, ...]:
        """What some fields of one response name ask for, whatever that name is."""
        node = fields[0].node
        given = sorted(map(print_ast, node.arguments or ()))
        return (node.name.value, *given, *self._texts(fields))

    def _texts(self, fields: list[FieldDetails]) -> tuple[str, ...]:
        """The selections of some fields: where the texts are equal, so is what is selected."""
        texts = []
        for field in fields:
            selected = field.node.selection_set
            text = self._known_texts.get(id(selected))
            if text is None:
                text = self._known_texts[id(selected)] = print_ast(selected) if selected is not None else ""
            texts.append(text)
        return tuple(texts)

    def _count_fields(self, number: int) -> None:
        self.fields += number
        if self.fields > MOST_FIELDS:
            raise NotCompilableError


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise NotCompilableError
    return name


def _is_odd(value: Any) -> bool:
    """Whether graphql-core would not take a value for an object."""
    return value is None or isinstance(value, BaseException) or isawaitable(value)
