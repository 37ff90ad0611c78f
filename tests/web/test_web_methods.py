"""GET and its parameters, HEAD, and every other method and path."""

import pytest

from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

TYPENAME = {"data": {"__typename": "Query"}}
NO_DOCUMENT = "Send a GraphQL document as `query`."
DOCUMENT = "query A($id: ID!) { invoice(id: $id) { id } } query B { __typename }"


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
async def test_get_takes_document_variables_and_operation_name_from_the_query(http, sandbox, media_type):
    parameters = {"query": DOCUMENT, "variables": '{"id": "G000100001"}', "operationName": "A"}
    response = await http.get("/graphql", params=parameters, headers={"Accept": media_type})

    assert (response.status_code, response.json()) == (200, {"data": {"invoice": {"id": "G000100001"}}})
    assert sandbox.calls() == ["/v1/invoices/G000100001"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "{__typename}", "variables": "", "operationName": "", "extensions": ""},
        {"query": "{__typename}", "variables": "null", "extensions": "null"},
        {"query": "{__typename}", "variables": "{}", "extensions": "{}"},
        {"query": "{__typename}", "unknown": "1"},
        {"query": DOCUMENT, "operationName": "B"},
    ],
)
async def test_get_leaves_out_what_it_does_not_need(http, parameters):
    response = await http.get("/graphql", params=parameters)

    assert (response.status_code, response.json()) == (200, TYPENAME)


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
@pytest.mark.parametrize("value", ["x", "[]", '"{}"', "1", "{", '{"a": NaN}', "[" * 3000, "{}{}"])
@pytest.mark.parametrize("name", ["variables", "extensions"])
async def test_get_refuses_variables_that_are_no_json_object(http, name, value, media_type):
    parameters = {"query": "{__typename}", name: value}
    response = await http.get("/graphql", params=parameters, headers={"Accept": media_type})

    assert_refused(response, 400, f"`{name}` is not a JSON object.", media_type=media_type)


@pytest.mark.parametrize("number", ["1e9999999999999999999", "1e-9999999999999999999"])
async def test_get_refuses_a_number_that_no_decimal_can_be(http, number):
    parameters = {"query": "{__typename}", "variables": f'{{"a": {number}}}'}

    assert_refused(await http.get("/graphql", params=parameters), 400, "A number's exponent is too large.")


@pytest.mark.parametrize("path", ["/graphql", "/graphql?", "/graphql?query=", "/graphql?variables={}"])
async def test_get_without_a_document_is_a_400(http, path):
    assert_refused(await http.get(path), 400, NO_DOCUMENT)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("document", ["mutation { pay }", "subscription { invoices }", "mutation { __typename }"])
async def test_nothing_but_queries_is_answered(http, sandbox, method, document):
    sent = {"params": {"query": document}} if method == "GET" else {"json": {"query": document}}
    response = await http.request(method, "/graphql", headers={"Accept": GRAPHQL}, **sent)

    assert_refused(
        response, 400, "This gateway answers queries only.", code="OPERATION_RESOLUTION_FAILURE", media_type=GRAPHQL
    )
    assert sandbox.calls() == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_another_method_is_a_405_that_names_those_there_are(http, method):
    response = await http.request(method, "/graphql")
    allowed = response.headers["Allow"]

    assert_refused(response, 405, "Method Not Allowed. GraphQL is at /graphql.", allow=allowed)
    assert sorted(allowed.split(", ")) == ["GET", "HEAD", "POST"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/graphql/", "/Graphql", "/graphiql", "/api", "/livez/", "/graphql%2F", "/%00", "/ŝ"])
async def test_another_path_is_a_404_and_never_a_redirect(http, method, path):
    assert_refused(await http.request(method, path), 404, "Not Found. GraphQL is at /graphql.")


@pytest.mark.parametrize("headers", [{}, {"Host": "elsewhere.example"}, {"X-Forwarded-Proto": "https"}])
async def test_the_documented_path_is_never_redirected(http, headers):
    response = await http.post("/graphql", json={"query": "{__typename}"}, headers=headers)

    assert (response.status_code, response.json()) == (200, TYPENAME)


@pytest.mark.parametrize("parameters", [{}, {"query": "{invoiceSummaries {totalCount}}"}])
async def test_head_is_get_without_its_body(http, parameters):
    get = await http.get("/graphql", params=parameters)
    head = await http.head("/graphql", params=parameters)

    assert head.status_code == get.status_code
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
