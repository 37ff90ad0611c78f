"""Selections drawn from the schema, on one type or within each other, and the fragments that they need.

Within a document, a response key of a type always stands for the same field with the same arguments, so fields that
are selected again merge wherever they meet, through fragments too.
"""

import functools
from random import Random
from typing import NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_list_type,
)

from tests.differential.arguments import Arguments

# Levels of fields. Most documents are flat; the deepest reach the limit, and some pass it.
_DEPTHS = (2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 8, 11, 14)
# Values of an answer, roughly: what a run costs.
_SIZES = (6, 12, 25, 50, 100)
_DEEP = 6  # What has more has a spine of fields that leads down to them.
_MANY = 4
# Selections in a set; fewer beside a spine.
_COUNTS = ((1, 2, 2, 3, 4, 6), (0, 0, 1, 2))
_KEYS = ("a", "b", "id", "data", "totalCount", "_", "__typename", "state", "self")
_ITEMS = {"InvoiceConnection": 3.0}
_NAME = ("__typename", "", frozenset[str]())
_INTROSPECTION = (
    ("__schema", "", "{queryType {name} __typename}"),
    ("__schema", "", "{types {name kind}}"),
    ("__type", '(name: "Invoice")', "{name fields {name type {kind name ofType {name}}}}"),
    ("__type", '(name: "Nothing")', "{kind}"),
)
_Composite = GraphQLObjectType | GraphQLInterfaceType
_UNFIT = ("nothing", "id {id}", "invoices(first: 1.5) {totalCount}", "...Nothing", 'id: invoice(id: "G1") {state')


class Part(NamedTuple):
    """Selections, and what they reach through fragments.

    Attributes:
        text: of them.
        variables: names.
        fragments: names.
        values: of an answer, for one object.
        depth: levels of fields.
    """

    text: str
    variables: frozenset[str] = frozenset()
    fragments: frozenset[str] = frozenset()
    values: float = 0.0
    depth: int = 0


class Drawing:
    """Selections of one document.

    Attributes:
        fragments: by name, with the type that they are on.
    """

    def __init__(self, rng: Random, schema: GraphQLSchema, arguments: Arguments) -> None:
        self._rng = rng
        self._schema = schema
        self._arguments = arguments
        self._fields: dict[tuple[str, str], tuple[str, str, frozenset[str]]] = {}
        self._depth = rng.choice(_DEPTHS)
        self._left = 0.0
        self.fragments: dict[str, tuple[str, Part]] = {}
        self._made = 0
        # Directives are many in some documents and none in others.
        self._conditions = rng.choice((0.0, 0.1, 0.1, 0.3))

    def root(self, query: GraphQLObjectType) -> Part:
        self._left = float(self._rng.choice(_SIZES))
        return self._selections(query, 0, 1.0, self._rng.choice((1, 1, 2, 3)), is_spine=self._depth > _DEEP)

    def _selections(self, of: _Composite, depth: int, times: float, count: int, *, is_spine: bool = False) -> Part:
        """A selection set.

        Args:
            of: the type that it is on.
            depth: levels of fields above.
            times: how many objects it is taken of, roughly.
            count: selections in it.
            is_spine: whether one more leads down as far as there may be levels, however much there is by then.
        """
        parts = [self._field(of, depth, times, is_spine=True)] if is_spine else []
        for _ in range(count):
            draw = self._rng.random()
            if draw < 0.1:
                parts.append(self._spread(of, depth, times))
            elif draw < (0.7 if is_interface_type(of) else 0.2):
                parts.append(self._inline(of, depth, times))
            elif draw < 0.2003:
                parts.append(Part(self._rng.choice(_UNFIT)))
            elif draw < 0.22 and of.name == "Query":
                parts.append(self._introspection(of))
            else:
                parts.append(self._field(of, depth, times))
        return _joined(parts)

    def _field(
        self, of: _Composite, depth: int, times: float, *, is_spine: bool = False, key: str | None = None
    ) -> Part:
        rng = self._rng
        self._left -= times
        drawn = [key for type_name, key in self._fields if type_name == of.name]
        if key is None and drawn and not is_spine and rng.random() < 0.2:
            key = rng.choice(drawn)
        if key is None or (of.name, key) not in self._fields:
            down = self._depth - depth - 1
            name = key or (self._name_down(of, down, times) if is_spine else self._name(of, depth))
            # On an interface and on its kinds, one key stands for one field: they meet in one object.
            is_kind = is_interface_type(of) or of.interfaces
            key = name if is_kind or rng.random() < 0.65 else rng.choice((*_KEYS, f"k{len(self._fields)}"))
            if (of.name, key) not in self._fields:
                inputs = of.fields[name].args if name in of.fields else {}
                self._fields[of.name, key] = (name, *self._arguments.of(inputs))
        name, arguments, variables = self._fields[of.name, key]
        if name.startswith("__") and name != "__typename":
            return self._type_name(of)  # Introspection has selections of its own.
        field = of.fields.get(name)
        condition = self._condition()
        text = (name if key == name else f"{key}: {name}") + arguments + condition.text
        variables |= condition.variables
        inner = get_named_type(field.type) if field else None
        if field is None or not isinstance(inner, _Composite):
            return Part(text, variables, values=1.0, depth=1)
        items = self._items(of, field)
        part = (
            self._selections(inner, depth + 1, times * items, rng.choice(_COUNTS[is_spine]), is_spine=is_spine)
            if (is_spine or self._left > 0) and depth + 2 <= self._depth
            else _joined([self._type_name(inner)])
        )
        return Part(
            f"{text} {part.text}",
            variables | part.variables,
            part.fragments,
            1.0 + items * part.values,
            1 + part.depth,
        )

    def _type_name(self, of: _Composite) -> Part:
        """A selection that fits any type, by a key that stands for nothing else there."""
        is_free = self._fields.setdefault((of.name, "__typename"), _NAME) == _NAME
        return Part("__typename" if is_free else "t: __typename", values=1.0, depth=1)

    def _name(self, of: _Composite, depth: int) -> str:
        """A field's name; towards the end of what is left, one without selections more often."""
        rng = self._rng
        if rng.random() < 0.06:
            return "__typename"
        names = list(of.fields)
        flat = [name for name in names if not isinstance(get_named_type(of.fields[name].type), _Composite)]
        is_end = self._left <= 0 or depth + 1 >= self._depth
        if of.name != "Query" and (is_end or (len(flat) > 2 and rng.random() < 0.5)):
            names = flat or ["__typename"]
        return rng.choice(names)

    def _name_down(self, of: _Composite, levels: int, times: float) -> str:
        """The name of a field that has so many levels below it; any, where none has. Of many objects, not of a list."""
        names = [name for name, field in of.fields.items() if _has_levels(get_named_type(field.type), levels)]
        single = [name for name in names if times < _MANY or self._items(of, of.fields[name]) == 1]
        return self._rng.choice(single or names or list(of.fields))

    def _items(self, of: _Composite, field: GraphQLField) -> float:
        return _ITEMS.get(of.name, 1.5) if is_list_type(get_nullable_type(field.type)) else 1.0

    def _spread(self, of: _Composite, depth: int, times: float) -> Part:
        rng = self._rng
        fitting = [
            (name, part)
            for name, (type_name, part) in self.fragments.items()
            if type_name == of.name and depth + part.depth <= self._depth and part.values * times <= max(self._left, 4)
        ]
        if fitting and rng.random() < 0.5:
            name, part = rng.choice(fitting)
            self._left -= part.values * times
        else:
            self._made += 1
            name = f"F{self._made}"
            part = self._selections(of, depth, times, rng.choice((1, 2, 3)))
            self.fragments[name] = (of.name, part)
        condition = self._condition()
        return part._replace(
            text=f"...{name}{condition.text}",
            variables=part.variables | condition.variables,
            fragments=part.fragments | {name},
        )

    def _inline(self, of: _Composite, depth: int, times: float) -> Part:
        kinds = self._schema.get_possible_types(of) if is_interface_type(of) else ()
        kind = self._rng.choice((*kinds, of))
        part = (
            self._selections(kind, depth, times, self._rng.choice((1, 2, 3)))
            if kind is of
            else self._members(kind, depth, times)
        )
        condition = self._condition()
        on = self._rng.choice(("...", f"... on {of.name}")) if kind is of else f"... on {kind.name}"
        return part._replace(text=f"{on}{condition.text} {part.text}", variables=part.variables | condition.variables)

    def _members(self, kind: GraphQLObjectType, depth: int, times: float) -> Part:
        """Some members of a kind of line items, or all: there are dozens, which nothing else leads to."""
        names = list(kind.fields)
        drawn = self._rng.sample(names, self._rng.choice((2, len(names) // 2, len(names))))
        return _joined([self._field(kind, depth, times, key=name) for name in drawn])

    def _introspection(self, of: GraphQLObjectType) -> Part:
        name, arguments, selections = self._rng.choice(_INTROSPECTION)
        known = self._fields.setdefault((of.name, name), (name, arguments, frozenset()))
        return Part(f"{name}{known[1]} {selections}", values=20.0)

    def _condition(self) -> Part:
        """Directives that leave out what they stand at, or not."""
        used: set[str] = set()
        text = ""
        for name in ("include", "skip"):
            if self._rng.random() < self._conditions:
                text += f" @{name}(if: {self._arguments.input(GraphQLNonNull(GraphQLBoolean), name, used)})"
        return Part(text, frozenset(used))


@functools.cache
def _has_levels(of: GraphQLNamedType, levels: int) -> bool:
    if not isinstance(of, _Composite) or levels <= 0:
        return levels <= 0
    return any(_has_levels(get_named_type(field.type), levels - 1) for field in of.fields.values())


def _joined(parts: list[Part]) -> Part:
    return Part(
        f"{{{' '.join(part.text for part in parts)}}}",
        frozenset().union(*(part.variables for part in parts)),
        frozenset().union(*(part.fragments for part in parts)),
        sum(part.values for part in parts),
        max(part.depth for part in parts),
    )
