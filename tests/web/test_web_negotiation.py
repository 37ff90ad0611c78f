"""Which media type an answer has, with which status, and when a browser is shown the playground instead."""

import pytest

from tests.web.error_shape import GRAPHQL, JSON, assert_refused, errors_of

pytestmark = pytest.mark.anyio

CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
NEITHER = f"This endpoint answers with {GRAPHQL} or {JSON}."

JSON_IS_CHOSEN = [
    None,
    "",
    " ",
    "*/*",
    "application/*",
    JSON,
    "Application/JSON",
    f"{JSON}; charset=utf-8",
    f"{JSON}, {GRAPHQL}",
    f"{GRAPHQL}, {JSON}",
    f"{GRAPHQL};q=0.9, {JSON}",
    f"{GRAPHQL};q=0.5, */*",
    f"{GRAPHQL};q=0, */*",
    f"text/html, {JSON};q=0.1",
    f"{JSON};q=0.001",
    "text/html, */*;q=0.1",
    "application/json ; q=1.0 , application/xml",
    f"{JSON};q=2",
    CHROMIUM,
]
GRAPHQL_IS_CHOSEN = [
    GRAPHQL,
    "APPLICATION/GraphQL-Response+JSON",
    f"{GRAPHQL}; charset=utf-8",
    f"{GRAPHQL}, {JSON};q=0.9",
    f"{JSON};q=0.5, {GRAPHQL};q=0.6",
    f"{JSON};q=0.5, application/*",
    f"{JSON};q=0, */*",
    f"{GRAPHQL};q=0.2, text/html",
    f'{GRAPHQL};profile="a";q=0.8, {JSON};q=0.7',
]
NOTHING_IS_CHOSEN = [
    "text/html",
    "text/*",
    "application/xml, text/plain;q=0.5",
    "text/event-stream",
    "multipart/mixed",
    f"{JSON};q=0",
    f"{JSON};q=0, {GRAPHQL};q=0.0",
    f"{JSON};q=high",
    f"{JSON};q=-1",
    "*/*;q=0",
    "application",
]


def accepting(accept):
    return {} if accept is None else {"Accept": accept}


@pytest.mark.parametrize("accept", JSON_IS_CHOSEN)
async def test_json_is_what_a_caller_gets_who_does_not_like_another_better(http, accept):
    response = await http.post("/graphql", json={"query": "{__typename}"}, headers=accepting(accept))

    assert response.status_code == 200
    assert response.content == b'{"data":{"__typename":"Query"}}'
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", GRAPHQL_IS_CHOSEN)
async def test_the_graphql_media_type_is_for_those_who_like_it_better(http, accept):
    response = await http.post("/graphql", json={"query": "{__typename}"}, headers=accepting(accept))

    assert response.status_code == 200
    assert response.content == b'{"data":{"__typename":"Query"}}'
    assert response.headers["Content-Type"] == "application/graphql-response+json; charset=utf-8"
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", NOTHING_IS_CHOSEN)
async def test_a_caller_who_takes_neither_is_told_in_json(start_gateway, sandbox, accept, method):
    http = (await start_gateway(playground=False)).http
    parameters = {"query": "{invoiceSummaries {totalCount}}"}
    sent = {"params": parameters} if method == "GET" else {"json": parameters}
    headers = accepting(accept) | {"Authorization": "Bearer sandbox-partner-1"}
    response = await http.request(method, "/graphql", headers=headers, **sent)

    assert_refused(response, 406, NEITHER)
    assert sandbox.calls() == []


async def test_several_accept_headers_are_one_list(http):
    headers = [("Accept", f"{JSON};q=0.1"), ("Accept", GRAPHQL)]
    response = await http.post("/graphql", json={"query": "{__typename}"}, headers=headers)

    assert response.headers["Content-Type"] == "application/graphql-response+json; charset=utf-8"


NOT_EXECUTED = {
    "a syntax error": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "no such field": ({"query": "{nothing}"}, "GRAPHQL_VALIDATION_FAILED"),
    "no such operation": ({"query": "{__typename}", "operationName": "A"}, "OPERATION_RESOLUTION_FAILURE"),
    "no choice among operations": (
        {"query": "query A {__typename} query B {__typename}"},
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "a variable is missing": ({"query": "query ($id: ID!) {invoice(id: $id) {id}}"}, "BAD_USER_INPUT"),
    "a variable does not fit": (
        {"query": "query ($id: ID!) {invoice(id: $id) {id}}", "variables": {"id": []}},
        "BAD_USER_INPUT",
    ),
    "a literal is no decimal": (
        {"query": '{invoices(filter: {totalCharges: {min: "x"}}) {totalCount}}'},
        "BAD_USER_INPUT",
    ),
    "a mutation": ({"query": "mutation {pay}"}, "OPERATION_RESOLUTION_FAILURE"),
}


@pytest.mark.parametrize(("media_type", "status"), [(JSON, 200), (GRAPHQL, 400)])
@pytest.mark.parametrize("case", NOT_EXECUTED)
async def test_what_cannot_be_executed_is_a_400_without_data_and_in_json_always_a_200(
    http, sandbox, case, media_type, status
):
    body, code = NOT_EXECUTED[case]
    response = await http.post("/graphql", json=body, headers={"Accept": media_type})

    assert response.status_code == status
    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert set(response.json()) == {"errors"}
    assert {error["extensions"]["code"] for error in errors_of(response)} == {code}
    assert sandbox.calls() == []


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("document", "data"),
    [
        ('{invoice(id: "?") {id}}', {"invoice": None}),
        ('{invoicesById(ids: ["?"]) {id}}', {"invoicesById": [None]}),
        ('{__typename invoice(id: "?") {id}}', {"__typename": "Query", "invoice": None}),
    ],
)
async def test_what_was_executed_is_a_200_whatever_its_fields_say(http, document, data, media_type):
    response = await http.post("/graphql", json={"query": document}, headers={"Accept": media_type})

    assert response.status_code == 200
    assert response.json()["data"] == data
    assert [error["extensions"]["code"] for error in errors_of(response)] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("accept", ["text/html", CHROMIUM, "text/html, application/json;q=0.9", "text/*"])
@pytest.mark.parametrize("token", [{}, {"Authorization": "Bearer sandbox-partner-1"}])
async def test_a_browser_is_shown_the_playground_with_or_without_a_token(http, sandbox, accept, token):
    http.headers = token
    response = await http.get("/graphql", headers={"Accept": accept})

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Vary"] == "Accept"
    assert "<title>Partner Center Gateway</title>" in response.text
    assert sandbox.calls() == []


async def test_the_playground_is_there_for_head_too(http):
    response = await http.head("/graphql", headers={"Accept": CHROMIUM})

    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", [None, "*/*", JSON, "application/json, text/html", "text/html;q=0.9, */*"])
async def test_who_likes_json_as_much_as_html_is_no_browser(http, accept):
    assert_refused(await http.get("/graphql", headers=accepting(accept)), 400, "Send a GraphQL document as `query`.")


async def test_a_link_with_a_query_opens_the_playground_in_a_browser_and_runs_nothing(http, sandbox):
    params = {"query": "{invoiceSummaries {totalCount}}"}
    response = await http.get("/graphql", params=params, headers={"Accept": CHROMIUM})

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert sandbox.calls() == []


async def test_a_form_posted_by_a_browser_is_no_request(http):
    response = await http.post("/graphql", data={"query": "{__typename}"}, headers={"Accept": CHROMIUM})

    assert_refused(response, 415, "Send Content-Type: application/json.")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_leads_to_the_playground_wherever_the_gateway_is_mounted(http, method):
    response = await http.request(method, "/")

    assert response.status_code == 307
    assert response.headers["Location"] == "graphql"


async def test_without_a_playground_browsers_are_callers_like_others(start_gateway):
    http = (await start_gateway(token=None)).http
    http.headers = {"Authorization": "Bearer sandbox-partner-1"}

    assert_refused(await http.get("/graphql", headers={"Accept": CHROMIUM}), 400, "Send a GraphQL document as `query`.")
    assert_refused(await http.get("/graphql", headers={"Accept": "text/html"}), 406, NEITHER)
    assert_refused(await http.get("/"), 404, "Not Found. GraphQL is at /graphql.")
    assert_refused(await http.get("/playground/x/boot.js"), 404, "Not Found. GraphQL is at /graphql.")
