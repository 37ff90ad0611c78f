"""Operations that cannot run, and input that does not fit: a clear sentence, a stable code, and no call upstream."""

import json

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.web.error_shape import GRAPHQL, errors_of

pytestmark = pytest.mark.anyio

ID = "query ($id: ID!) {invoice(id: $id) {id}}"
FIRST = "query ($first: Int) {invoices(first: $first) {totalCount}}"
FILTER = "query ($filter: InvoiceFilter) {invoices(filter: $filter) {totalCount}}"
ORDER = "query ($order: InvoiceOrder!) {invoices(orderBy: $order) {totalCount}}"
NO_DECIMAL = "A Decimal has digits, such as 24606.35, and not more than 64 of them."
NO_NUMBER = "A Decimal is a string or a number."
NO_DATE_TIME = "A DateTime is RFC 3339 text with a zone, such as 2018-02-08T22:40:37Z."
NEVER = "There is no such DateTime."


def refused(scalar, reason, found):
    return f"Expected value of type '{scalar}', but encountered error '{reason}'; found: {found}."


def least(literal):
    return f"{{invoices(filter: {{totalCharges: {{min: {literal}}}}}) {{totalCount}}}}"


def since(literal):
    return f"{{invoices(filter: {{invoiceDate: {{from: {literal}}}}}) {{totalCount}}}}"


@pytest.fixture(scope="module")
async def http():
    """Speaks to a gateway whose upstream must not be called."""
    calls = []

    def refuse(request):
        calls.append(str(request.url))
        raise httpx.ConnectError("upstream must not be called", request=request)

    app = create_app(Settings(introspection=True), transport=httpx.MockTransport(refuse))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        client.headers = {"Authorization": "Bearer x", "Accept": GRAPHQL}
        yield client

    assert calls == []


async def refusals(http, document, variables=None, operation_name=None):
    """Status, and (code, message) of each error."""
    body = {"query": document, "variables": variables, "operationName": operation_name}
    response = await http.post("/graphql", json=body)
    assert set(response.json()) == {"errors"}
    errors = [(error["extensions"]["code"], error["message"]) for error in errors_of(response)]
    return response.status_code, errors


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


IN_ID = "Variable '$id' has invalid value"
IN_FILTER = "Variable '$filter' has invalid value at"
VARIABLES = {
    "missing": (ID, {}, "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be provided."),
    "all missing": (
        ID,
        None,
        "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be provided.",
    ),
    "null": (
        ID,
        {"id": None},
        "Variable '$id' has invalid value: Expected value of non-null type 'ID!' not to be None.",
    ),
    "an object for an id": (ID, {"id": {}}, "Variable '$id' has invalid value: ID cannot represent value: {}"),
    "a fraction for an id": (ID, {"id": 1.5}, "Variable '$id' has invalid value: ID cannot represent value: 1.5"),
    "true for an id": (ID, {"id": True}, "Variable '$id' has invalid value: ID cannot represent value: True"),
    "a fraction for a count": (
        FIRST,
        {"first": 1.5},
        "Variable '$first' has invalid value: Int cannot represent non-integer value: 1.5",
    ),
    "text for a count": (
        FIRST,
        {"first": "1"},
        "Variable '$first' has invalid value: Int cannot represent non-integer value: '1'",
    ),
    "a count too large": (
        FIRST,
        {"first": 2**31},
        "Variable '$first' has invalid value: Int cannot represent non 32-bit signed integer value: 2147483648",
    ),
    "no such enum value": (
        ORDER,
        {"order": "NEWEST"},
        "Variable '$order' has invalid value: Value 'NEWEST' does not exist in 'InvoiceOrder' enum.",
    ),
    "no such member": (
        FILTER,
        {"filter": {"currency": "EUR"}},
        (
            "Variable '$filter' has invalid value: Expected value of type 'InvoiceFilter' not to include unknown field "
            "'currency'. Did you mean 'currencyCode'? Found: {'currency': 'EUR'}."
        ),
    ),
    "text for a decimal": (
        FILTER,
        {"filter": {"totalCharges": {"min": "24,606.35"}}},
        f"{IN_FILTER} .totalCharges.min: {refused('Decimal', NO_DECIMAL, repr('24,606.35'))}",
    ),
    "true for a decimal": (
        FILTER,
        {"filter": {"totalCharges": {"min": True}}},
        f"{IN_FILTER} .totalCharges.min: {refused('Decimal', NO_NUMBER, 'True')}",
    ),
    "a date for an instant": (
        FILTER,
        {"filter": {"invoiceDate": {"from": "2018-02-08"}}},
        f"{IN_FILTER} .invoiceDate.from: {refused('DateTime', NO_DATE_TIME, repr('2018-02-08'))}",
    ),
    "a number for an instant": (
        FILTER,
        {"filter": {"invoiceDate": {"until": 0}}},
        f"{IN_FILTER} .invoiceDate.until: {refused('DateTime', NO_DATE_TIME, '0')}",
    ),
    "an instant that never was": (
        FILTER,
        {"filter": {"invoiceDate": {"from": "2018-02-30T00:00:00Z"}}},
        f"{IN_FILTER} .invoiceDate.from: {refused('DateTime', NEVER, repr('2018-02-30T00:00:00Z'))}",
    ),
}


@pytest.mark.parametrize("case", VARIABLES)
async def test_a_variable_that_does_not_fit_is_bad_input(http, case):
    document, variables, message = VARIABLES[case]

    assert await refusals(http, document, variables) == (400, [("BAD_USER_INPUT", message)])


async def test_a_bad_variable_points_at_its_definition(http):
    response = await http.post("/graphql", json={"query": ID})

    assert [error["locations"] for error in errors_of(response)] == [[{"line": 1, "column": 8}]]


async def test_too_many_bad_variables_are_bad_input_to_the_end(http):
    names = [f"v{number}" for number in range(60)]
    document = (
        f"query ({' '.join(f'${name}: ID!' for name in names)}) "
        f"{{{' '.join(f'{name}: invoice(id: ${name}) {{id}}' for name in names)}}}"
    )
    status, errors = await refusals(http, document)

    assert status == 400
    assert {code for code, _message in errors} == {"BAD_USER_INPUT"}
    assert errors[-1][1] == "Too many errors processing variables, error limit reached. Execution aborted."


LITERALS = [
    (least('"x"'), refused("Decimal", NO_DECIMAL, '"x"')),
    (least('""'), refused("Decimal", NO_DECIMAL, '""')),
    (least('"NaN"'), refused("Decimal", NO_DECIMAL, '"NaN"')),
    (least("9" * 65), refused("Decimal", NO_DECIMAL, "9" * 65)),
    (least("true"), refused("Decimal", NO_NUMBER, "true")),
    (least("[1]"), refused("Decimal", NO_NUMBER, "[1]")),
    (since('"yesterday"'), refused("DateTime", NO_DATE_TIME, '"yesterday"')),
    (since('"2018-02-08T22:40:37"'), refused("DateTime", NO_DATE_TIME, '"2018-02-08T22:40:37"')),
    (since("2018"), refused("DateTime", NO_DATE_TIME, "2018")),
    (since('"2018-02-30T00:00:00Z"'), refused("DateTime", NEVER, '"2018-02-30T00:00:00Z"')),
]


@pytest.mark.parametrize(("document", "message"), LITERALS, ids=range(len(LITERALS)))
async def test_a_literal_that_a_scalar_refuses_is_bad_input(http, document, message):
    assert await refusals(http, document) == (400, [("BAD_USER_INPUT", message)])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            '{invoice(id: "") {id}}',
            "An invoice id has 1 to 64 letters, digits, hyphens or underscores, such as G000024135.",
        ),
        ("{invoices(first: 0) {totalCount}}", "first is 1 to 100."),
        ("{invoices(first: 1, last: 1) {totalCount}}", "Ask for first or last, not both."),
    ],
)
async def test_an_argument_that_is_refused_by_its_field_is_bad_input_of_the_field(http, document, message):
    response = await http.post("/graphql", json={"query": document})
    field = document[1:].partition("(")[0]

    assert response.status_code == 200
    assert response.json()["data"] == {field: None}
    assert [(error["path"], error["extensions"]["code"], error["message"]) for error in errors_of(response)] == [
        ([field], "BAD_USER_INPUT", message)
    ]


async def test_numbers_of_a_body_reach_a_decimal_as_they_were_written(start_gateway, sandbox):
    """As binary floats, 0.1 + 2**-60 and 0.1 would be one number, and 1e400 would be none."""
    gateway = await start_gateway()
    body = '{"query": %s, "variables": {"filter": {"totalCharges": {"min": %s, "max": %s}}}}'
    counts = []
    amount = (await gateway.ask("{invoices(first: 1) {nodes {totalCharges}}}"))["invoices"]["nodes"][0]["totalCharges"]
    for low, high in [(amount, amount), (f"{amount}0000000000000000000001", "1e400"), ("-1e400", "1e400")]:
        response = await gateway.http.post(
            "/graphql",
            content=body % (json.dumps(FILTER), low, high),
            headers={"Authorization": "Bearer sandbox-partner-1", "Content-Type": "application/json"},
        )
        counts.append(response.json()["data"]["invoices"]["totalCount"])

    assert counts[0] == 1
    assert counts[1] < counts[2] == 240
