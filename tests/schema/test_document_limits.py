"""Each limit of a document: what just fits, what does not, and how that is told."""

import pytest
from graphql import get_introspection_query

pytestmark = pytest.mark.anyio

GRAPHQL_RESPONSE = "application/graphql-response+json"


def deep(levels: int) -> str:
    """Fields within each other, the innermost included."""
    between = levels - 2
    return '{invoice(id: "G000000001") {' + "amendedInvoice {" * between + "id" + "}" * between + "}}"


def aliases(count: int) -> str:
    return "{" + " ".join(f"a{number}: __typename" for number in range(count)) + "}"


def spread_ten_times(aliases_each: int) -> str:
    inner = " ".join(f"a{number}: totalCount" for number in range(aliases_each))
    return "{invoices {" + "...Ten " * 10 + "}} fragment Ten on InvoiceConnection {" + inner + "}"


def tokens(count: int) -> str:
    return "{__typename}" + "\n#" * (count - 3)


def document_bytes(count: int, padding: str = " ") -> str:
    text = "{__typename} #"
    return text + padding * ((count - len(text)) // len(padding.encode()))


async def refusal(gateway, document, **parameters):
    """The limit's name and maximum, the only error that a document is answered with."""
    response = await gateway.http.post(
        "/graphql",
        json={"query": document} | parameters,
        headers={"Authorization": f"Bearer {gateway.token}", "Accept": GRAPHQL_RESPONSE},
    )
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "LIMIT_EXCEEDED")
    return error["extensions"]["limit"], error["extensions"]["maximum"]


FITS = {
    "fifteen levels": deep(15),
    "250 aliases": aliases(250),
    "250 aliases by ten spreads": spread_ten_times(25),
    "6,000 tokens": tokens(6000),
    "64 KiB": document_bytes(65_536),
    "the introspection query of GraphiQL": get_introspection_query(
        schema_description=True, input_value_deprecation=True, specified_by_url=True, directive_is_repeatable=True
    ),
    "introspection deeper than fifteen": "{__schema {types {" + "ofType {" * 20 + "name" + "}" * 20 + "}}}",
    "introspection by a fragment": "{__schema {types {...A}}} fragment A on __Type {"
    + "ofType {" * 13
    + "name"
    + "}" * 13
    + "}",
    "190 inline fragments in each other": "{" + "... {" * 190 + "__typename" + "}" * 190 + "}",
    "types of types of types": "{__schema {types {" + "ofType {" * 190 + "name" + "}" * 190 + "}}}",
    "40 fragments side by side": "{invoices {nodes {"
    + " ".join(f"...F{number}" for number in range(40))
    + "}}} "
    + " ".join(f"fragment F{number} on Invoice {{id state invoiceType}}" for number in range(40)),
    "pages of 100 for three months, with what invoices have": "{"
    + " ".join(f"m{month}: invoices(first: 100) {{nodes {{...All}} totals {{count}}}}" for month in range(3))
    + "} fragment All on Invoice {id invoiceDate totalCharges paidAmount currencyCode currencySymbol documentType "
    "invoiceType state programName amendsOf amendments {id} invoiceDetails {billingProvider links {self {uri}}} "
    "taxReceipts {id} attributes {etag}}",
    "24 months with their totals": "{"
    + " ".join(
        f'm{month}: invoices(filter: {{invoiceDate: {{from: "20{month:02}-01-01T00:00:00Z"}}}}) {{totals {{count}}}}'
        for month in range(24)
    )
    + "}",
    "100 ids": "{invoicesById(ids: [" + '"G000000001" ' * 100 + "]) {id}}",
}


@pytest.mark.parametrize("document", FITS.values(), ids=FITS)
async def test_what_is_within_the_limits_is_answered(start_gateway, document):
    gateway = await start_gateway()

    assert await gateway.ask(document)


TOO_LARGE = {
    "sixteen levels": (deep(16), ("depth", 15)),
    "sixteen levels by fragments": (
        '{...A} fragment A on Query {invoice(id: "1") {...B}} fragment B on Invoice {'
        + "amendedInvoice {" * 14
        + "id"
        + "}" * 15,
        ("depth", 15),
    ),
    "an unused fragment nested 201 times": (
        "{__typename} "
        + " ".join(f"fragment F{number} on Query {{...F{number + 1}}}" for number in range(200))
        + " fragment F200 on Query {__typename}",
        ("nesting", 200),
    ),
    "251 aliases": (aliases(251), ("aliases", 250)),
    "260 aliases by ten spreads": (spread_ten_times(26), ("aliases", 250)),
    "251 aliases in introspection": ("{__schema " + aliases(251) + "}", ("aliases", 250)),
    "6,001 tokens": (tokens(6001), ("tokens", 6000)),
    "a byte over 64 KiB": (document_bytes(65_537), ("documentBytes", 65_536)),
    "64 KiB of characters with two bytes": (document_bytes(65_538, "é"), ("documentBytes", 65_536)),
    "51 operations": (" ".join(f"query Q{number} {{__typename}}" for number in range(51)), ("operations", 50)),
    "a list of 251": ("{invoicesById(ids: [" + '"G000000001" ' * 251 + "]) {id}}", ("literalValues", 250)),
    "an object of 251 members": (
        "{invoices(filter: {" + " ".join(f"m{number}: 1" for number in range(251)) + "}) {totalCount}}",
        ("literalValues", 250),
    ),
    "a variable's default of 251": (
        "query ($ids: [ID!]! = [" + "1 " * 251 + "]) {invoicesById(ids: $ids) {id}}",
        ("literalValues", 250),
    ),
    "a directive's list of 251": ("{__typename @skip(if: [" + "true " * 251 + "])}", ("literalValues", 250)),
    "fragments nested 201 times": (
        "{...F0} "
        + " ".join(f"fragment F{number} on Query {{...F{number + 1}}}" for number in range(199))
        + " fragment F199 on Query {__typename}",
        ("nesting", 200),
    ),
    "150 fields of one name": ("{" + "__typename " * 150 + "}", ("overlaps", 12_000)),
    "eighty pages of 100": (
        "{" + " ".join(f"a{number}: invoices(first: 100) {{...F}}" for number in range(80)) + "} "
        "fragment F on InvoiceConnection {nodes {id state amendsOf programName currencyCode currencySymbol}}",
        ("answerValues", 50_000),
    ),
    "pages of a size that is not known yet": (
        "query ($first: Int) {"
        + " ".join(f"a{number}: invoices(first: $first) {{...F}}" for number in range(80))
        + "} fragment F on InvoiceConnection {edges {node {id state amendsOf programName currencyCode}}}",
        ("answerValues", 50_000),
    ),
    "a negative page among large ones": (
        "{b: invoices(first: -2000000000) {nodes {id}} "
        + " ".join(f"a{number}: invoices(first: 100) {{nodes {{id state amendsOf state}}}}" for number in range(120))
        + "}",
        ("answerValues", 50_000),
    ),
    "51 filters": (
        "{"
        + " ".join(f'a{number}: invoices(filter: {{state: "{number}"}}) {{totalCount}}' for number in range(51))
        + "}",
        ("answerValues", 50_000),
    ),
    "51 times totals": (
        "{" + " ".join(f"a{number}: invoices {{totals {{count}}}}" for number in range(51)) + "}",
        ("answerValues", 50_000),
    ),
    "17 times the invoices of each currency": (
        "{invoiceSummaries {items {"
        + " ".join(f"a{number}: invoices(first: 1) {{totalCount}}" for number in range(17))
        + "}}}",
        ("answerValues", 50_000),
    ),
    "ids in a variable, 100 times": (
        "query ($ids: [ID!]!) {"
        + " ".join(f"a{number}: invoicesById(ids: $ids) {{id state amendsOf programName}}" for number in range(101))
        + "}",
        ("answerValues", 50_000),
    ),
    "the schema 240 times": (
        "{" + " ".join(f"a{number}: __schema {{types {{...F}}}}" for number in range(240)) + "} "
        "fragment F on __Type {name fields {name type {name kind}}}",
        ("answerValues", 50_000),
    ),
}


@pytest.mark.parametrize(("document", "limit"), TOO_LARGE.values(), ids=TOO_LARGE)
async def test_what_is_over_a_limit_is_refused_by_its_name_without_a_call(start_gateway, sandbox, document, limit):
    gateway = await start_gateway()

    assert await refusal(gateway, document) == limit
    assert sandbox.calls() == []


IDS = "query ($ids: [ID!]!) {invoicesById(ids: $ids) {id}}"


async def test_a_thousand_values_in_variables_are_read_and_no_more(start_gateway, sandbox):
    gateway = await start_gateway()

    assert await gateway.errors(IDS, ids=["1"] * 999) == [(["invoicesById"], "BAD_USER_INPUT")]
    assert await refusal(gateway, IDS, variables={"ids": ["1"] * 1000}) == ("variableValues", 1000)
    nested = {"ids": [{str(number): [number]} for number in range(400)]}
    assert await refusal(gateway, IDS, variables=nested) == ("variableValues", 1000)
    assert sandbox.calls() == []


async def test_the_limit_is_told_in_the_message_too(start_gateway):
    gateway = await start_gateway()
    response = await gateway.post(aliases(251))

    assert response.json() == {
        "errors": [
            {
                "message": "This is over a limit of the gateway: aliases, at most 250.",
                "extensions": {
                    "code": "LIMIT_EXCEEDED",
                    "limit": "aliases",
                    "maximum": 250,
                    "correlationId": response.headers["MS-CorrelationId"],
                },
            }
        ]
    }


SETTINGS = {
    "max_depth": (3, deep(3), deep(4), "depth"),
    "max_aliases": (2, aliases(2), aliases(3), "aliases"),
    "max_tokens": (100, tokens(100), tokens(101), "tokens"),
    "max_document_bytes": (100, document_bytes(100), document_bytes(101), "documentBytes"),
}


@pytest.mark.parametrize(("setting", "case"), SETTINGS.items(), ids=SETTINGS)
async def test_four_limits_are_settings(start_gateway, setting, case):
    maximum, fits, too_large, name = case
    gateway = await start_gateway(**{setting: maximum})

    assert await gateway.ask(fits)
    assert await refusal(gateway, too_large) == (name, maximum)


async def test_introspection_does_not_count_as_depth_however_low_that_is(start_gateway):
    gateway = await start_gateway(max_depth=1)

    assert await gateway.ask(get_introspection_query())


async def test_each_operation_has_its_aliases_for_itself(start_gateway):
    gateway = await start_gateway(max_aliases=2)
    document = " ".join(f"query Q{number} {aliases(2)}" for number in range(3))

    response = await gateway.post(document, operationName="Q1")

    assert response.json() == {"data": {"a0": "Query", "a1": "Query"}}


async def test_fragments_in_a_circle_are_told_as_such(start_gateway):
    gateway = await start_gateway()
    circle = "{...A} fragment A on Query {a: __typename ...B} fragment B on Query {b: __typename ...A}"

    assert await gateway.errors(circle) == [(None, "GRAPHQL_VALIDATION_FAILED")]
