"""The schema against its file, against what clients are promised, and against the values that it shows."""

import subprocess
import sys

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
    print_ast,
)
from graphql.utilities import find_breaking_changes
from strawberry.types import has_object_definition

from gateway import billing
from gateway import schema as gateway_schema
from gateway.schema import summaries, types
from tests.repository.tree import ROOT

CONTRACT = build_schema((ROOT / "tests" / "contract.graphql").read_text(encoding="utf-8"))
STRAWBERRY = gateway_schema.build_schema()
OURS = build_schema(STRAWBERRY.as_str())


def named_types(schema):
    return [
        type_
        for type_ in schema.type_map.values()
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
    ]


def members(schema):
    """Each type, field, argument, input field and enum value, by its path."""
    for type_ in named_types(schema):
        yield type_.name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{name}", value) for name, value in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field
                arguments = getattr(field, "args", {})
                yield from ((f"{type_.name}.{name}({of})", argument) for of, argument in arguments.items())


def described(schema):
    """What a client relies on: each member's type, or its kind where it is a type itself."""
    return {path: str(getattr(member, "type", type(member).__name__)) for path, member in members(schema)}


def defaults(schema):
    """What stands in the SDL as default of an argument or input field, by its path."""
    found = {path: getattr(member, "default", None) for path, member in members(schema)}
    return {path: print_ast(default.literal) for path, default in found.items() if default is not None}


def views():
    """Every Strawberry type that shows a billing value: what these two modules define, but for enums."""
    defined = {name: view for module in (types, summaries) for name, view in vars(module).items()}
    return [view for view in defined.values() if has_object_definition(view)]


def test_the_file_is_what_the_command_prints():
    command = [sys.executable, "-m", "gateway", "schema"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == printed, "gateway schema > schema.graphql renews it"


def test_no_promise_is_broken():
    assert [change.description for change in find_breaking_changes(CONTRACT, OURS)] == []


def test_what_is_promised_is_there_with_the_same_type():
    ours = described(OURS)

    assert {path: ours.get(path) for path in described(CONTRACT)} == described(CONTRACT)


def test_a_promised_default_is_kept():
    promised, ours = defaults(CONTRACT), defaults(OURS)

    assert set(promised.values()) == {"INVOICE_DATE_DESC"}
    assert {path: ours.get(path) for path in promised} == promised


def test_everything_is_described():
    assert [path for path, member in members(OURS) if not (member.description or "").strip()] == []


@pytest.mark.parametrize("view", views(), ids=lambda view: view.__name__)
def test_a_plain_field_is_an_attribute_of_the_value(view):
    """Strawberry reads it from there when asked, and mypy cannot see that it is missing."""
    value = getattr(billing, view.__name__)
    plain = {field.python_name for field in view.__strawberry_definition__.fields if field.base_resolver is None}

    assert plain - set(value.__struct_fields__) == set()


@pytest.mark.parametrize("name", ["DocumentType", "BillingProvider", "InvoiceLineItemType"])
def test_every_value_of_an_enum_can_be_shown(name):
    assert set(OURS.type_map[name].values) == {member.name for member in getattr(billing, name)}
