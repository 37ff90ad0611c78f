"""What is drawn: the same for a seed, and all that the schema has."""

from random import Random

import pytest
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from tests.differential.arguments import Words
from tests.differential.documents import Document
from tests.differential.sessions import Session, core_schema


def test_a_session_is_the_same_each_time_it_is_drawn():
    one, other = Session("again:1"), Session("again:1")

    assert one.steps == other.steps
    assert repr(one.upstreams[0].documents) == repr(other.upstreams[0].documents)


class Seen(Visitor):
    """Collects the fields, arguments and members of inputs that a document has."""

    def __init__(self, info):
        super().__init__()
        self._info = info
        self.names = set()

    def enter_field(self, node, *_args):
        if self._info.get_parent_type() and self._info.get_field_def():
            self.names.add(f"{self._info.get_parent_type()}.{node.name.value}")

    def enter_argument(self, node, _key, _parent, _path, ancestors):
        owner = next((each for each in reversed(ancestors) if not isinstance(each, tuple)), None)
        if isinstance(owner, FieldNode):
            self.names.add(f"{owner.name.value}({node.name.value})")

    def enter_object_field(self, node, *_args):
        self.names.add(f"{get_named_type(self._info.get_parent_input_type())}.{node.name.value}")


@pytest.mark.untraced
def test_every_field_and_argument_of_the_schema_is_asked_for():
    words = Words(("G1",), ("cursor",), {})
    info = TypeInfo(core_schema())
    seen = Seen(info)
    missing = everything()
    for number in range(500):
        document = Document(Random(f"drawn:{number}"), core_schema(), words)
        try:
            visit(parse(document.text), TypeInfoVisitor(info, seen))
        except GraphQLError:
            continue
        missing -= seen.names
        if not missing:
            break

    assert missing == set()


def everything():
    names = set()
    for name, of in core_schema().type_map.items():
        if isinstance(of, GraphQLObjectType | GraphQLInputObjectType) and not name.startswith("__"):
            names |= {f"{name}.{field}" for field in of.fields}
        if isinstance(of, GraphQLObjectType) and not name.startswith("__"):
            names |= {f"{field}({argument})" for field, about in of.fields.items() for argument in about.args}
    return names
