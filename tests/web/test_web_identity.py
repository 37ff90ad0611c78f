"""Who may ask: one well-formed bearer token, or nobody; and nothing is done before that is known."""

import base64
import json
import time

import httpx
import pytest

from gateway.app import create_app
from gateway.sandbox.generation import FIRST_PARTNER
from gateway.sandbox.partners import partner_label
from gateway.settings import Settings
from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

SUMMARIES = {"query": "{invoiceSummaries {totalCount}}"}
NO_TOKEN = "Send a Partner Center access token: Authorization: Bearer …"
NO_BEARER_TOKEN = "The Authorization header is not one bearer token."

ILL_FORMED = [
    "",
    " ",
    "Bearer",
    "Bearer ",
    "bearer=x",
    "Basic c2FuZGJveDpzYW5kYm94",
    "Token x",
    "x",
    "Bearer x y",
    "Bearer x,y",
    "Bearer x, Bearer y",
    "Bearer x;",
    'Bearer "x"',
    "Bearer x\ty",
    "Bearer =",
    "Bearer x=y",
    "Bearer {x}",
    "Bearer x%20",
    "Bearer\tx",
    "Bearerx",
    b"Bearer \xe9",
]
WELL_FORMED = [
    "Bearer x",
    "bearer x",
    "BEARER x",
    "Bearer   x",
    " Bearer x ",
    "Bearer x==",
    "Bearer aZ09-._~+/",
    "Bearer a.b.c",
    "Bearer a.b",
    "Bearer eyJ.e30.x",
    f"Bearer {'x' * 16_000}",
]


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
@pytest.mark.parametrize("sent", [{"method": "POST", "json": SUMMARIES}, {"method": "GET", "params": SUMMARIES}])
async def test_without_a_token_everybody_is_refused_before_any_work(http, sandbox, sent, media_type):
    http.headers = {}
    response = await http.request(url="/graphql", headers={"Accept": media_type}, **sent)

    assert_refused(response, 401, NO_TOKEN, code="UNAUTHENTICATED", media_type=media_type, www_authenticate="Bearer")
    assert sandbox.calls() == []


@pytest.mark.parametrize("authorization", ILL_FORMED)
async def test_what_is_no_bearer_token_is_refused_before_any_work(http, sandbox, authorization):
    http.headers = {}
    response = await http.post("/graphql", json=SUMMARIES, headers={"Authorization": authorization})

    assert_refused(response, 401, NO_BEARER_TOKEN, code="UNAUTHENTICATED", www_authenticate="Bearer")
    assert sandbox.calls() == []


async def test_two_tokens_are_none(http, sandbox):
    http.headers = {}
    headers = [("Authorization", "Bearer x"), ("Authorization", "Bearer x")]
    response = await http.post("/graphql", json=SUMMARIES, headers=headers)

    assert_refused(response, 401, NO_BEARER_TOKEN, code="UNAUTHENTICATED", www_authenticate="Bearer")


@pytest.mark.parametrize("authorization", WELL_FORMED, ids=lambda text: text[:20])
async def test_every_b64token_goes_upstream_as_it_is(http, sandbox, authorization):
    http.headers = {}
    response = await http.post("/graphql", json=SUMMARIES, headers={"Authorization": authorization})

    assert response.json() == {"data": {"invoiceSummaries": {"totalCount": 3}}}
    assert len(sandbox.requests()) == 1


async def test_a_refusal_is_the_same_for_a_body_that_could_not_be_read(http):
    """The body is not read for those who may not ask."""
    http.headers = {}

    async def never():
        pytest.fail("the body was read")
        yield b""

    response = await http.post("/graphql", content=never(), headers={"Content-Type": JSON})

    assert response.status_code == 401


def jwt(**claims):
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signature"])


async def test_a_token_that_has_expired_is_refused_before_any_work(http, sandbox):
    http.headers = {"Authorization": f"Bearer {jwt(exp=int(time.time()) - 1)}"}
    response = await http.post("/graphql", json=SUMMARIES)

    assert_refused(response, 401, "This token has expired.", code="UNAUTHENTICATED", www_authenticate="Bearer")
    assert sandbox.calls() == []


@pytest.mark.parametrize("claims", [{"exp": int(time.time()) + 3600}, {}, {"exp": "soon"}])
async def test_a_token_that_has_not_expired_or_cannot_be_read_is_upstreams_to_judge(http, sandbox, claims):
    http.headers = {"Authorization": f"Bearer {jwt(**claims)}"}
    response = await http.post("/graphql", json=SUMMARIES)

    assert response.status_code == 200
    assert sandbox.calls() == ["/v1/invoices/summaries"]


async def test_the_token_stands_in_no_answer_and_no_log(http, sandbox, caplog):
    sandbox.faults({"status": 401})
    http.headers = {"Authorization": "Bearer not-to-be-told"}
    responses = [
        await http.post("/graphql", json=SUMMARIES),
        await http.post("/graphql", json={"query": "{"}),
        await http.put("/graphql"),
    ]

    assert [response for response in responses if "not-to-be-told" in response.text + str(response.headers)] == []
    assert "not-to-be-told" not in caplog.text


async def test_in_front_of_the_sandbox_a_caller_without_a_token_is_its_first_partner(sandbox):
    settings = Settings(upstream_url=sandbox.url)
    app = create_app(settings, anonymous_token="sandbox-partner-1")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http,
    ):
        nobody = await http.post("/graphql", json=SUMMARIES)
        other = await http.post("/graphql", json=SUMMARIES, headers={"Authorization": "Bearer other"})
        nonsense = await http.post("/graphql", json=SUMMARIES, headers={"Authorization": "Basic x"})

    assert (nobody.status_code, other.status_code, nonsense.status_code) == (200, 200, 401)
    assert [request["partner"] for request in sandbox.requests()] == [FIRST_PARTNER, partner_label("other")]
