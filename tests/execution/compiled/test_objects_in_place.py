"""Objects are written where they are met first, and as functions elsewhere: however deep."""

import dataclasses

import pytest
import strawberry
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues

from gateway.execution.compiled.completions import NotCompilableError
from gateway.execution.compiled.selections import Selections


@dataclasses.dataclass
class Value:
    id: str
    nodes: tuple["Value", ...] = ()


@strawberry.type
class Node:
    id: str
    nodes: list["Node"]


VALUE = Value("1", (Value("2"), Value("3")))


def compiled(text, value=VALUE):
    """The function of an operation over one value."""

    def node():
        return value

    query = strawberry.type(type("Query", (), {"node": strawberry.field(node, graphql_type=Node)}))
    definitions = parse(text).definitions
    (operation,) = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    return Selections(strawberry.Schema(query), operation, fragments, VariableValues({}, {})).compiled()


@pytest.mark.parametrize("levels", [1, 8, 9, 10, 19, 20, 21, 60])
def test_lists_may_stand_within_each_other_deeper_than_loops_of_python_may(levels):
    value, data = Value("0"), {"id": "0"}
    for _ in range(levels):
        value, data = Value("", (value,)), {"nodes": [data]}
    text = "{node {" + "nodes {" * levels + "id" + "}" * levels + "}}"

    assert compiled(text, value)(None, None, None) == {"node": data}


def test_what_is_selected_in_several_places_is_the_same_in_each():
    text = "{node {a: nodes {...Id} b: nodes {...Id} nodes {id nodes {...Id}}}} fragment Id on Node {id}"
    ids = [{"id": "2"}, {"id": "3"}]

    assert compiled(text)(None, None, None) == {
        "node": {"a": ids, "b": ids, "nodes": [each | {"nodes": []} for each in ids]}
    }


def test_fields_that_are_written_twice_count_twice():
    def text(count):
        ids = " ".join(f"i{number}: id" for number in range(count))
        return f"{{node {{a: nodes {{...Ids}} b: nodes {{...Ids}}}}}} fragment Ids on Node {{{ids}}}"

    compiled(text(748))  # With the three others they are 1499.
    with pytest.raises(NotCompilableError):
        compiled(text(749))
