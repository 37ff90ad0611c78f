"""What a gateway shows of itself: the schema and the playground only where allowed, and nothing of its server."""

import re

import httpx
import pytest

from tests.e2e.gateway_process import GatewayProcess

pytestmark = pytest.mark.anyio

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
INTROSPECTION = [
    "{__schema {queryType {name}}}",
    '{__type(name: "Query") {name}}',
    "{a: __schema {types {name}}}",
    "{...F} fragment F on Query {__schema {types {name}}}",
    "query Q {... on Query {__schema {types {name}}}}",
    "{__schema @skip(if: true) {types {name}}}",
]
MISSPELT = [
    ("{invoiceSummaris {totalCount}}", {}),
    ("{invoices {totalCoun}}", {}),
    ('{invoice(ident: "G000100001") {id}}', {}),
    ('{invoices(filter: {currencyCod: "EUR"}) {totalCount}}', {}),
    ("{invoices(orderBy: INVOICE_DATE_AS) {totalCount}}", {}),
    ("{invoices {... on Invoic {id}}}", {}),
    ("query Q($f: InvoiceFiltr) {invoices(filter: $f) {totalCount}}", {}),
    ("query Q($f: InvoiceFilter) {invoices(filter: $f) {totalCount}}", {"f": {"currencyCod": "EUR"}}),
]


async def errors_of(http, document, variables=None):
    response = await http.post("/graphql", json={"query": document, "variables": variables}, headers=TOKEN)
    answer = response.json()
    assert answer.get("data") is None
    return [(error["extensions"]["code"], error["message"]) for error in answer["errors"]]


@pytest.mark.parametrize("document", INTROSPECTION)
async def test_without_leave_the_schema_is_told_to_nobody(start_gateway, sandbox, document):
    http = (await start_gateway(introspection=None)).http
    errors = await errors_of(http, document)

    assert {code for code, _ in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert errors[0][1].startswith("GraphQL introspection has been disabled")
    assert sandbox.calls() == []


async def test_without_leave_introspection_by_get_is_refused_too(start_gateway):
    http = (await start_gateway(introspection=None)).http
    response = await http.get("/graphql", params={"query": INTROSPECTION[0]}, headers=TOKEN)

    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize("introspection", [None, False, True])
async def test_a_type_name_is_no_introspection(start_gateway, introspection):
    http = (await start_gateway(introspection=introspection)).http
    response = await http.post("/graphql", json={"query": "{__typename}"}, headers=TOKEN)

    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("document", INTROSPECTION[:5])
async def test_with_leave_it_is_told(start_gateway, sandbox, document):
    http = (await start_gateway(introspection=True)).http
    response = await http.post("/graphql", json={"query": document}, headers=TOKEN)

    assert "errors" not in response.json()
    assert sandbox.calls() == []


async def test_even_with_leave_it_takes_a_token(start_gateway):
    http = (await start_gateway(None, introspection=True)).http
    response = await http.post("/graphql", json={"query": INTROSPECTION[0]})

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("document", "variables"), MISSPELT)
async def test_where_the_schema_is_not_told_no_error_proposes_a_name(start_gateway, sandbox, document, variables):
    http = (await start_gateway(introspection=False)).http
    for _ in range(2):  # Of documents seen before, errors are remembered.
        messages = " ".join(message for _, message in await errors_of(http, document, variables))

        assert "mean" not in messages
        assert not re.search(r"currencyCode|totalCount\b|InvoiceFilter', '|INVOICE_DATE_ASC|invoiceSummaries", messages)
    assert sandbox.calls() == []


@pytest.mark.parametrize(("document", "variables"), MISSPELT)
async def test_where_the_schema_is_told_errors_help(start_gateway, document, variables):
    http = (await start_gateway(introspection=True)).http

    assert "Did you mean" in " ".join(message for _, message in await errors_of(http, document, variables))


@pytest.mark.parametrize("playground", [None, False])
@pytest.mark.parametrize("path", ["/graphql", "/", "/playground/x/boot.js", "/graphql?query={__typename}"])
async def test_without_leave_there_is_no_playground(start_gateway, playground, path):
    http = (await start_gateway(None, playground=playground)).http
    response = await http.get(path, headers={"Accept": CHROMIUM})

    assert response.status_code in (401, 404)
    assert response.headers["Content-Type"].startswith("application/")
    assert "<" not in response.text


async def test_a_link_from_elsewhere_may_open_the_playground_and_runs_nothing(start_gateway, sandbox):
    http = (await start_gateway(None, playground=True)).http
    headers = {"Accept": CHROMIUM, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    response = await http.get("/graphql", headers=headers)

    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert sandbox.calls() == []


async def test_the_playgrounds_own_request_is_answered(start_gateway, sandbox):
    http = (await start_gateway(playground=True)).http
    headers = TOKEN | {
        "Host": "gateway.example",
        "Origin": "https://gateway.example",
        "Referer": "https://gateway.example/graphql",
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
        "Accept": "application/json, multipart/mixed",
    }
    response = await http.post("/graphql", json={"query": "{invoiceSummaries {totalCount}}"}, headers=headers)

    assert (response.status_code, response.json()) == (200, {"data": {"invoiceSummaries": {"totalCount": 3}}})
    assert len(sandbox.calls()) == 1


def test_a_real_server_says_neither_its_name_nor_that_its_answers_may_be_kept(sandbox):
    process = GatewayProcess("serve", "--port", "0", GATEWAY_UPSTREAM_URL=sandbox.url)
    asked = [
        ("POST", "/graphql", TOKEN | {"Content-Type": "application/json"}, b'{"query": "{__typename}"}', 200),
        ("POST", "/graphql", {"Content-Type": "application/json"}, b'{"query": "{__typename}"}', 401),
        ("POST", "/graphql", TOKEN | {"Content-Type": "text/plain"}, b'{"query": "{__typename}"}', 415),
        ("GET", "/graphql?query={__typename}", TOKEN | {"Sec-Fetch-Site": "cross-site"}, b"", 403),
        ("OPTIONS", "/graphql", {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}, b"", 405),
        ("GET", "/", {"Accept": "text/html"}, b"", 404),
        ("GET", "/livez", {}, b"", 200),
        ("GET", "/readyz", {}, b"", 200),
    ]
    try:
        for method, path, headers, body, status in asked:
            response = httpx.request(method, process.url + path, headers=headers, content=body)

            assert response.status_code == status
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert {"server", "x-powered-by", "access-control-allow-origin"}.isdisjoint(response.headers)
    finally:
        process.stop()
    assert sandbox.calls() == []
