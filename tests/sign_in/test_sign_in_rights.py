"""Who may ask: users with the scope, in service services with the role too; Entra's questions reach the user."""

import base64
import json

import pytest
from sign_in_documents import SUMMARIES, codes

from gateway.sandbox.authority import (
    CLAIMS_CHALLENGE,
    DAEMON,
    DAEMON_WITHOUT_ROLE,
    PARTNER_CENTER,
)

pytestmark = pytest.mark.anyio


async def test_on_behalf_of_a_user_who_must_be_seen_the_claims_go_to_the_caller(start, authority, sandbox):
    gateway = await start("obo", authority.mint(user="dora"))
    response = await gateway.post(SUMMARIES)

    assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
    scheme, parameters = response.headers["WWW-Authenticate"].split(" ", 1)
    error, claims = parameters.split(", ")
    assert (scheme, error) == ("Bearer", 'error="insufficient_claims"')
    assert base64.b64decode(claims.removeprefix('claims="').removesuffix('"')).decode() == CLAIMS_CHALLENGE
    assert "data" not in response.json()
    assert sandbox.requests() == []
    assert authority.grants() == ["on_behalf_of"]


async def test_claims_count_whatever_the_error_is_called(start, authority):
    # AADSTS53003, Conditional Access, is "access_denied".
    authority.control("PUT", "faults", [{"grant": "on_behalf_of", "status": 400, "code": "53003", "times": 1}])
    gateway = await start("obo", authority.mint(user="ada"))
    response = await gateway.post(SUMMARIES)

    assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
    claims = response.headers["WWW-Authenticate"].partition('claims="')[2].removesuffix('"')
    assert json.loads(base64.b64decode(claims)) == json.loads(CLAIMS_CHALLENGE)


async def test_on_behalf_of_a_user_without_consent_there_is_an_error_in_the_field(start, authority, sandbox):
    authority.control("PUT", "faults", [{"grant": "on_behalf_of", "status": 400, "code": "65001"}])
    gateway = await start("obo", authority.mint(user="ada"))

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "UNAUTHENTICATED")]
    assert sandbox.requests() == []


def application(authority, app):
    return authority.mint(client_id=app.id)


@pytest.mark.parametrize(
    ("mode", "make"),
    [
        ("obo", lambda authority: application(authority, DAEMON)),
        ("obo", lambda authority: application(authority, DAEMON_WITHOUT_ROLE)),
        ("obo", lambda authority: authority.mint(user="ada", scopes=["Other.Read"])),
        ("service", lambda authority: application(authority, DAEMON_WITHOUT_ROLE)),
        ("service", lambda authority: authority.mint(user="ada", scopes=["Other.Read"])),
    ],
    ids=["obo: an app", "obo: an app without a role", "obo: no scope", "service: no role", "service: no scope"],
)
async def test_without_the_right_nothing_is_done(mode, make, start, authority, sandbox):
    gateway = await start(mode, make(authority))
    response = await gateway.post(SUMMARIES)

    assert (response.status_code, codes(response)) == (403, ["FORBIDDEN"])
    assert sandbox.requests() == []
    assert authority.grants() == []


async def test_in_service_a_service_with_the_role_may_ask(start, authority, sandbox):
    gateway = await start("service", application(authority, DAEMON))

    assert (await gateway.ask(SUMMARIES))["invoiceSummaries"]["items"]
    assert authority.grants() == ["refresh_token"]


async def test_what_is_asked_for_at_sign_in_is_partner_center(start, authority, sandbox):
    await (await start("obo", authority.mint(user="ada"))).ask(SUMMARIES)
    await (await start("service", authority.mint(user="ada"))).ask(SUMMARIES)

    for request in authority.requests():
        if request["grant"]:
            assert f"{PARTNER_CENTER.uri}/.default" in request["scope"].split()
