"""Documents that cannot run: a clear sentence, a stable code, and no call upstream."""

import pytest

from tests.execution.refused import refusals
from tests.web.error_shape import errors_of

pytestmark = pytest.mark.anyio

SYNTAX = {
    "{": "Syntax Error: Expected Name, found <EOF>.",
    " ": "Syntax Error: Unexpected <EOF>.",
    "# only a comment": "Syntax Error: Unexpected <EOF>.",
    "query query {": "Syntax Error: Expected Name, found <EOF>.",
    "query {": "Syntax Error: Expected Name, found <EOF>.",
    "{a}}": "Syntax Error: Unexpected '}'.",
    '{invoice(id: "a) {id}}': "Syntax Error: Unterminated string.",
    '{invoice(id: "\\uD800") {id}}': "Syntax Error: Invalid Unicode escape sequence: '\\uD800'.",
    "{\x00}": "Syntax Error: Unexpected character: U+0000.",
    "{a" * 5_000: "Syntax Error: Document is nested too deeply. Parsing aborted.",
    "{a(b: " + "[" * 5_000: "Syntax Error: Document is nested too deeply. Parsing aborted.",
    "{invoices(first: 1.) {totalCount}}": "Syntax Error: Invalid number, expected digit but got: ')'.",
}


@pytest.mark.parametrize(("document", "message"), SYNTAX.items(), ids=lambda text: text[:24])
async def test_text_that_is_not_graphql_is_a_parse_error(http, document, message):
    assert await refusals(http, document) == (400, [("GRAPHQL_PARSE_FAILED", message)])


async def test_a_parse_error_has_its_place(http):
    response = await http.post("/graphql", json={"query": "{\n  invoices(\n}"})

    assert response.json() == {
        "errors": [
            {
                "message": "Syntax Error: Expected Name, found '}'.",
                "locations": [{"line": 3, "column": 1}],
                "extensions": {
                    "code": "GRAPHQL_PARSE_FAILED",
                    "correlationId": response.headers["MS-CorrelationId"],
                },
            }
        ]
    }


INVALID = {
    "{nothing}": "Cannot query field 'nothing' on type 'Query'.",
    "{invoiceSummaries}": (
        "Field 'invoiceSummaries' of type 'InvoiceSummaries' must have a selection of subfields."
        " Did you mean 'invoiceSummaries { ... }'?"
    ),
    "{invoice {id}}": "Argument 'Query.invoice(id:)' of type 'ID!' is required, but it was not provided.",
    "{invoice(id: null) {id}}": "Expected value of non-null type 'ID!' not to be None.",
    "{invoices(first: 1.5) {totalCount}}": "Int cannot represent non-integer value: 1.5",
    '{invoices(first: "1") {totalCount}}': 'Int cannot represent non-integer value: "1"',
    "{invoices(first: 2147483648) {totalCount}}": "Int cannot represent non 32-bit signed integer value: 2147483648",
    "{invoices(orderBy: NEWEST) {totalCount}}": "Value 'NEWEST' does not exist in 'InvoiceOrder' enum.",
    "query ($id: Id!) {invoice(id: $id) {id}}": "Unknown type 'Id'. Did you mean 'ID'?",
    "{invoice(id: $id) {id}}": "Variable '$id' is not defined.",
    "query ($id: ID) {invoice(id: $id) {id}}": ("Variable '$id' of type 'ID' used in position expecting type 'ID!'."),
    "{__typename @nothing}": "Unknown directive '@nothing'.",
    "{...A} fragment A on Query {...A}": "Cannot spread fragment 'A' within itself.",
    "{...A}": "Unknown fragment 'A'.",
    "query A {__typename} query A {__typename}": "There can be only one operation named 'A'.",
}


@pytest.mark.parametrize(("document", "message"), INVALID.items(), ids=INVALID)
async def test_a_document_that_does_not_fit_the_schema_is_a_validation_error(http, document, message):
    name = "A" if document.startswith("query A") else None

    assert await refusals(http, document, operation_name=name) == (400, [("GRAPHQL_VALIDATION_FAILED", message)])


async def test_every_validation_error_is_told_with_its_place(http):
    response = await http.post("/graphql", json={"query": "{\n  one\n  two\n}"})

    assert [(error["message"], error["locations"]) for error in errors_of(response)] == [
        ("Cannot query field 'one' on type 'Query'.", [{"line": 2, "column": 3}]),
        ("Cannot query field 'two' on type 'Query'.", [{"line": 3, "column": 3}]),
    ]


TWO = "query A {invoiceSummaries {totalCount}} query B {__typename}"
UNKNOWN_NAME = "The document has no operation of this name."
NO_OPERATION = "The document has no operation."
SEVERAL = "The document has several operations; name one as `operationName`."


@pytest.mark.parametrize(
    ("document", "name", "message"),
    [
        (TWO, None, SEVERAL),
        (TWO, "", SEVERAL),
        (TWO, "C", UNKNOWN_NAME),
        ("{__typename}", "A", UNKNOWN_NAME),
        ("query A {__typename}", "a", UNKNOWN_NAME),
        ("fragment A on Query {__typename}", None, NO_OPERATION),
        ("fragment A on Query {__typename}", "A", UNKNOWN_NAME),
        ("type A {b: Int}", None, NO_OPERATION),
        ("mutation A {__typename}", None, "This gateway answers queries only."),
        ("query A {__typename} mutation B {__typename}", "B", "This gateway answers queries only."),
    ],
)
async def test_without_a_choice_of_one_operation_none_runs(http, document, name, message):
    assert await refusals(http, document, operation_name=name) == (400, [("OPERATION_RESOLUTION_FAILURE", message)])


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (TWO, "B"),
        ("query B {__typename}", None),
        ("query B {__typename}", "B"),
        ("{__typename} # query query", None),
    ],
)
async def test_the_operation_that_is_chosen_runs(http, document, name):
    response = await http.post("/graphql", json={"query": document, "operationName": name})

    assert response.json() == {"data": {"__typename": "Query"}}
