"""The GraphQL types of line items against the values that they show."""

import graphql
import pytest
from strawberry.types import has_object_definition

from gateway import billing, line_items
from gateway.schema import build_schema, resources
from gateway.schema.line_item_descriptions import DESCRIPTIONS
from gateway.schema.line_items import LINE_ITEM_TYPES

CORE = graphql.build_schema(build_schema().as_str())
KINDS = {kind.__name__: kind for kind in line_items.KINDS}
INTERFACE = CORE.type_map["InvoiceLineItem"]


@pytest.mark.parametrize("view", LINE_ITEM_TYPES, ids=lambda view: view.__name__)
def test_a_kind_has_the_members_of_its_value_under_partner_centers_names(view):
    fields = {field.python_name for field in view.__strawberry_definition__.fields}
    names = CORE.type_map[view.__name__].fields

    assert fields == set(KINDS[view.__name__].__struct_fields__)
    assert {name.casefold() for name in names} == {name.replace("_", "") for name in fields}


def test_every_kind_is_a_line_item_and_one_name_has_one_type():
    kinds = CORE.get_possible_types(INTERFACE)
    types = {(name, str(field.type)) for kind in kinds for name, field in kind.fields.items()}

    assert {kind.name for kind in kinds} == set(KINDS)
    assert len(types) == len({name for name, _type in types})
    assert (
        str(graphql.get_named_type(CORE.type_map["OneTimeInvoiceLineItem"].fields["pcToBCExchangeRate"].type))
        == "Decimal"
    )


def test_every_description_is_of_a_member():
    assert set(DESCRIPTIONS) == {name for kind in line_items.KINDS for name in kind.__struct_fields__}


def test_views_of_resources_have_what_their_values_have():
    for view in filter(has_object_definition, vars(resources).values()):
        fields = {field.python_name for field in view.__strawberry_definition__.fields}

        assert fields == set(getattr(billing, view.__name__).__struct_fields__)
