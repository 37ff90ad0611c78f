"""`gateway explain` in a person's hands."""

import json

import pytest

from gateway.app import create_app
from gateway.cli import main
from gateway.sandbox.server import serve_in_thread
from gateway.settings import Settings
from tests.e2e.ports import closed_port

LINKS = "{ invoiceSummaries { items { invoices { nodes { pdfDownloadLink } } } } }"
TABLE = """\
call                        now      answers  calls
GET /v1/invoices/summaries  missing  1        1
GET /v1/invoices/{id}       unknown  0        0 to 119
GET /v1/invoices            missing  0        0 to 100
1 to 120 calls; an operation may make 120. It may need more than that.
"""


@pytest.fixture
def explain(capsys, monkeypatch, tmp_path):
    """Explains, in an empty directory: exit code, what it printed, and its complaint."""
    monkeypatch.chdir(tmp_path)
    # Logs would go to this test's standard error for all tests after.
    monkeypatch.setattr("gateway.cli.explain.configure_logging", lambda _level: None)

    def run(*arguments):
        code = main(["explain", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_a_plan_is_a_table(explain):
    assert explain(LINKS) == (0, TABLE, "")


def test_it_is_planned_with_variables_the_operation_that_is_named_and_the_limits_that_are_set(explain, monkeypatch):
    monkeypatch.setenv("GATEWAY_MAX_UPSTREAM_CALLS", "7")
    document = "query A($id: ID!) { invoice(id: $id) { id } } query B { __typename }"

    code, said, _ = explain(document, "--variables", '{"id": "G1"}', "--operation", "A", "--json")

    plan = json.loads(said)["extensions"]["plan"]
    assert code == 0
    assert [(call["path"], call["least"], call["most"]) for call in plan["calls"]] == [
        ("/v1/invoices/{id}", 1, 1),
        ("/v1/invoices", 0, 6),
    ]
    assert explain(document, "--operation", "B") == (0, "0 calls; an operation may make 7.\n", "")


def test_what_cannot_run_is_told_and_so_is_what_will_be_refused(explain):
    assert explain("{ nothing }") == (
        1,
        "",
        "GRAPHQL_VALIDATION_FAILED: Cannot query field 'nothing' on type 'Query'.\n",
    )
    assert explain("{ invoices(first: 500) { totalCount } }") == (
        0,
        "0 calls; an operation may make 120.\n",
        "BAD_USER_INPUT: first is 1 to 100.\n",
    )
    assert explain(LINKS, "--variables", "[]") == (2, "", "gateway: --variables: must be a JSON object\n")


def test_a_running_gateway_is_asked_with_a_token(explain, tmp_path):
    (tmp_path / "token").write_text("a-token\n")
    upstream = f"http://127.0.0.1:{closed_port()}"
    with serve_in_thread(create_app(Settings(upstream_url=upstream, explain=True))) as url:
        assert explain(LINKS, "--url", f"{url}/graphql", "--token", "token") == (0, TABLE, "")
        refused = explain(LINKS, "--url", f"{url}/graphql")
    nowhere = explain(LINKS, "--url", f"{upstream}/graphql")

    assert refused[:2] == nowhere[:2] == (1, "")
    assert refused[2].startswith("UNAUTHENTICATED: ")
    assert nowhere[2].startswith(f"gateway: no plan from {upstream}/graphql: ")


@pytest.mark.parametrize("text", ["a-secret\nin lines", "a-sécret", "", b"a-secret\xff"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(explain, tmp_path, text):
    (tmp_path / "token").write_bytes(text.encode() if isinstance(text, str) else text)

    assert explain(LINKS, "--url", f"http://127.0.0.1:{closed_port()}/", "--token", "token") == (
        2,
        "",
        "gateway: --token: token must have a token of ASCII characters in one line\n",
    )


FOREIGN = {
    "an error without a code": (b'{"errors": [{"message": "no"}]}', "it is no gateway"),
    "errors that are none": (b'{"errors": "no"}', "it is no gateway"),
    "null errors": (b'{"errors": null, "data": {}}', "it is no gateway"),
    "null extensions": (b'{"extensions": null}', "it is no gateway"),
    "another plan": (b'{"extensions": {"plan": {"least": 1}}}', "it is no gateway"),
    "a list": (b"[1]", "it is no gateway"),
    "another API": (b'{"detail": "Not Found"}', "it does not explain operations"),
    "GraphQL": (b'{"data": {"__typename": "Query"}}', "it does not explain operations"),
    "a page": (b"<html>", "Expecting value: line 1 column 1 (char 0)"),
    "too deep": (b"[" * 100_000, "maximum recursion depth exceeded while decoding a JSON array from a unicode string"),
}


@pytest.mark.parametrize(("body", "complaint"), FOREIGN.values(), ids=FOREIGN)
def test_who_is_no_gateway_is_told_in_one_line(explain, body, complaint):
    async def foreign(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    with serve_in_thread(foreign) as url:
        assert explain(LINKS, "--url", url) == (1, "", f"gateway: no plan from {url}: {complaint}\n")


def test_what_cannot_be_sent_is_told_in_one_line(explain):
    beyond = "http://127.0.0.1:65536/graphql"

    assert explain("{ __typename }", "--url", beyond) == (
        1,
        "",
        f"gateway: no plan from {beyond}: there is no port above 65535\n",
    )
    assert explain("{ __typename }", "--variables", '{"a": NaN}') == (
        1,
        "",
        "gateway: no plan: Out of range float values are not JSON compliant\n",
    )
    assert explain("{ __typename }", "--variables", '{"a":' * 100_000) == (
        2,
        "",
        "gateway: --variables: must be a JSON object\n",
    )
