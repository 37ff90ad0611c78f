"""Errors about a document are few, short and cheap, however many faults it has."""

import pytest
from graphql import Source
from hypothesis import given
from hypothesis import strategies as st

from gateway.schema import DocumentLimits
from gateway.schema.limits.text import parsed

pytestmark = pytest.mark.anyio

MANY_FAULTS = {
    "unknown fields": "{" + " ".join(f"u{number}" for number in range(5000)) + "}",
    "unknown directives": "{__typename" + " @a" * 2900 + "}",
    "unused fragments": "{__typename} " + " ".join(f"fragment F{n} on Query {{__typename}}" for n in range(800)),
    "unknown members of a long object": "{invoices(filter: {"
    + " ".join(f"totalCharge{number}: 1" for number in range(250))
    + "}) {totalCount}}",
}


@pytest.mark.parametrize("document", MANY_FAULTS.values(), ids=MANY_FAULTS)
async def test_twenty_errors_are_told_and_that_there_are_more(start_gateway, document):
    gateway = await start_gateway()
    errors = (await gateway.post(document)).json()["errors"]

    assert len(errors) == 21
    assert errors[-1]["message"] == "Too many validation errors, error limit reached. Validation aborted."
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


LONG = "invoice" * 8000
LONG_TEXTS = {
    "a field": "{" + LONG + "}",
    "a literal": f'{{invoices(first: "{LONG}") {{totalCount}}}}',
    "an enum value": f"{{invoices(orderBy: {LONG}) {{totalCount}}}}",
    "a type": f"query ($a: {LONG}) {{invoices(first: $a) {{totalCount}}}}",
    "a syntax error": "{a} " + LONG,
}


@pytest.mark.parametrize("document", LONG_TEXTS.values(), ids=LONG_TEXTS)
async def test_a_message_does_not_repeat_a_long_text(start_gateway, document):
    gateway = await start_gateway()
    messages = [error["message"] for error in (await gateway.post(document)).json()["errors"]]

    assert [len(message) for message in messages] == [1001] * len(messages)
    assert all(message.endswith("…") for message in messages)


async def test_an_error_in_a_variable_does_not_repeat_a_long_name(start_gateway, sandbox):
    gateway = await start_gateway()
    document = "query ($filter: InvoiceFilter) {invoices(filter: $filter) {totalCount}}"
    response = await gateway.post(document, variables={"filter": {LONG: 1}})

    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(error["message"]) == 1001
    assert sandbox.calls() == []


@given(st.lists(st.sampled_from(["a", "\n", "\r", "\r\n", " ", "#é\n", "#\u2028\r"])))
def test_places_are_those_that_graphql_core_finds(parts):
    text = "{" + "".join(parts) + " __typename}"
    document = parsed(text, DocumentLimits())
    starts = [selection.loc.start for selection in document.definitions[0].selection_set.selections]

    assert [document.loc.source.get_location(start) for start in starts] == [
        Source(text).get_location(start) for start in starts
    ]
