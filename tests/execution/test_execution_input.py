"""Input that does not fit: a clear sentence, a stable code, and no call upstream."""

import json

import pytest

from tests.execution.refused import refusals
from tests.web.error_shape import errors_of

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
