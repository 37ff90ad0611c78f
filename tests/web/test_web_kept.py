"""Kept answers: by which key they are asked for, what holds before, and how they are sent."""

import pytest

from gateway.app import create_app
from gateway.caller import Scope
from gateway.execution.executor import Executor
from gateway.execution.outcome import Answer
from gateway.freshness import ANY_AGE, CacheControl
from gateway.settings import Settings
from tests.raw_caller import RawCaller, head, request
from tests.web.error_shape import GRAPHQL, JSON, assert_refused
from tests.web.test_web_connections import served

pytestmark = pytest.mark.anyio

KEPT = Answer(b'{"data":{"kept":true}}', 200)
# The SHA-256 of the token.
IDENTITY = "token-507f27dd6547def3c084d3b469dcacae6f713897d34e735a9a621786751f1b89"
BODY = b'{"query": "{invoiceSummaries {totalCount}}"}'
QUERY = "query=%7BinvoiceSummaries%20%7BtotalCount%7D%7D"


@pytest.fixture
def asked(monkeypatch):
    """What was asked for; every key that holds `invoiceSummaries` is kept."""
    asked = []

    def kept(_self, scope, key, asked_ages):
        asked.append((scope, key, asked_ages))
        return KEPT if b"invoiceSummaries" in key else None

    monkeypatch.setattr(Executor, "kept", kept)
    return asked


@pytest.mark.parametrize(("accept", "media_type"), [(JSON, JSON), (GRAPHQL, GRAPHQL)])
async def test_a_kept_answer_is_sent_as_it_is_and_nothing_runs(http, sandbox, asked, accept, media_type):
    response = await http.post("/graphql", content=BODY, headers={"Content-Type": JSON, "Accept": accept})

    assert (response.status_code, response.content) == (200, KEPT.body)
    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert [(key, ages) for _scope, key, ages in asked] == [(BODY, ANY_AGE)]
    assert sandbox.calls() == []


async def test_it_is_asked_for_in_the_callers_scope_with_the_ages_that_the_caller_takes(http, asked):
    await http.post("/graphql", content=BODY, headers={"Content-Type": JSON, "Cache-Control": "max-age=7"})

    assert asked == [(Scope("public", "", IDENTITY), BODY, CacheControl(max_age_s=7))]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_key_of_a_get_is_its_query_string(http, asked, method):
    response = await http.request(method, f"/graphql?{QUERY}")

    assert response.headers["Content-Length"] == str(len(KEPT.body))
    assert response.content == (KEPT.body if method == "GET" else b"")
    assert [key for _scope, key, _ages in asked] == [b"?" + QUERY.encode()]


async def test_a_body_that_looks_like_the_key_of_a_get_is_no_json(http, asked):
    response = await http.post("/graphql", content=f"?{QUERY}".encode(), headers={"Content-Type": JSON})

    assert_refused(response, 400, "The body is not JSON in UTF-8.")
    assert asked == []


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {"Authorization": ""}),
        (403, {"Sec-Fetch-Site": "cross-site"}),
        (406, {"Accept": "text/plain"}),
        (413, {"Content-Length": "5000"}),
        (415, {"Content-Type": "text/plain"}),
        (415, {"Content-Encoding": "gzip"}),
    ],
)
async def test_what_is_refused_is_refused_though_an_answer_is_kept(http, asked, status, headers):
    response = await http.post("/graphql", content=BODY, headers={"Content-Type": JSON} | headers)

    assert response.status_code == status
    assert asked == []


async def test_a_body_that_is_too_long_is_a_413_over_a_real_connection_too(sandbox, asked):
    app = create_app(Settings(upstream_url=sandbox.url, max_body_bytes=len(BODY)))
    with served(app) as (url, _connections), RawCaller(url) as caller:
        fits, too_long = caller.ask(BODY.decode()), caller.ask(BODY.decode() + " ")

    assert (fits.status, fits.body) == (200, KEPT.body)
    assert (too_long.status, too_long.headers["connection"]) == (413, "close")


async def test_requests_that_were_sent_ahead_are_answered_in_their_order(sandbox, asked):
    sandbox.faults({"latency_ms": 200})
    app = create_app(Settings(upstream_url=sandbox.url))
    slow = request('{"query": "{invoice(id: \\"G000100001\\") {id}}"}')
    with served(app) as (url, _connections), RawCaller(url) as caller:
        caller.send(slow + request(BODY.decode()) + head("GET", f"/graphql?{QUERY}") + slow)
        bodies = [caller.answer().body for _ in range(4)]

    ran = b'{"data":{"invoice":{"id":"G000100001"}}}'
    assert bodies == [ran, KEPT.body, KEPT.body, ran]


async def test_a_request_that_is_not_kept_runs_with_its_key(http, asked, monkeypatch):
    ran = []

    async def run(_self, request, _operation):
        ran.append(request)
        return Answer(b"{}", 200)

    monkeypatch.setattr(Executor, "run", run)
    body = b'{"query": "{a}", "variables": {"b": 1}, "operationName": "C"}'
    await http.post("/graphql", content=body, headers={"Content-Type": JSON})
    await http.get("/graphql?query={a}")

    assert ran == [("{a}", "C", {"b": 1}, body), ("{a}", None, None, b"?query={a}")]


async def test_a_body_in_pieces_has_the_same_key(http, asked):
    async def pieces():
        yield BODY[:10]
        yield BODY[10:]

    await http.post("/graphql", content=pieces(), headers={"Content-Type": JSON})

    assert [key for _scope, key, _ages in asked] == [BODY]
