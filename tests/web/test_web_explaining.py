"""Who may have operations explained, and how that is asked for."""

import hashlib
import json

import pytest

from tests.fakes import FakeClock
from tests.web.error_shape import GRAPHQL, assert_refused

pytestmark = pytest.mark.anyio

DOCUMENT = "{ invoiceSummaries { totalCount } }"


@pytest.mark.parametrize("asked", ["plan", "actual", "anything"])
async def test_where_it_is_not_allowed_it_is_refused_and_nothing_runs(start_gateway, sandbox, asked):
    gateway = await start_gateway()

    response = await gateway.post(DOCUMENT, headers={"X-Gateway-Explain": asked})

    assert_refused(response, 403, "Operations are not explained here.", code="FORBIDDEN")
    assert sandbox.calls() == []


@pytest.mark.parametrize("asked", ["", "plans", "plan, actual"])
async def test_what_is_not_known_is_refused_and_nothing_runs(start_gateway, sandbox, asked):
    gateway = await start_gateway(explain=True)

    response = await gateway.post(DOCUMENT, headers={"X-Gateway-Explain": asked})

    assert_refused(response, 400, "X-Gateway-Explain is `plan` or `actual`.")
    assert sandbox.calls() == []


@pytest.mark.parametrize(("asked", "member"), [("plan", "plan"), ("Actual ", "upstream")])
async def test_by_get_and_as_a_graphql_response_too(start_gateway, asked, member):
    gateway = await start_gateway(explain=True)

    response = await gateway.http.get(
        "/graphql",
        params={"query": DOCUMENT},
        headers={"Authorization": "Bearer sandbox-partner-1", "Accept": GRAPHQL, "X-Gateway-Explain": asked},
    )

    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert response.json()["extensions"].keys() == {member}


async def test_a_kept_copy_of_an_answer_is_no_explanation(start_gateway, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"summaries": DOCUMENT}))
    gateway = await start_gateway(clock=FakeClock(), explain=True, trusted_documents=manifest)

    response = await gateway.http.get(
        "/graphql", params={"documentId": "summaries"}, headers={"Authorization": "Bearer sandbox-partner-1"}
    )

    assert response.headers["Cache-Control"] == "private, max-age=60"
    assert response.headers["Vary"] == "Accept, Authorization, Origin, X-Gateway-Explain"


async def test_a_caller_who_may_not_ask_is_told_no_plan(start_gateway, sandbox):
    gateway = await start_gateway(None, explain=True)

    response = await gateway.post(DOCUMENT, headers={"X-Gateway-Explain": "plan"})

    assert response.status_code == 401
    assert sandbox.calls() == []


async def test_pages_of_listed_origins_may_ask_for_it(start_gateway):
    gateway = await start_gateway(explain=True, cors_origins="https://app.example")

    response = await gateway.http.options(
        "/graphql",
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-gateway-explain",
        },
    )

    assert response.status_code == 200


async def test_a_plan_is_of_documents_that_may_be_run_and_has_none_remembered(start_gateway):
    gateway = await start_gateway(explain=True)
    named = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(DOCUMENT.encode()).hexdigest()}}
    plan = {"X-Gateway-Explain": "plan"}

    planned = await gateway.post(DOCUMENT, headers=plan, extensions=named)
    unknown = await gateway.post("", headers=plan, extensions=named)

    assert planned.json()["extensions"].keys() == {"plan"}
    assert [error["extensions"]["code"] for error in unknown.json()["errors"]] == ["PERSISTED_QUERY_NOT_FOUND"]
