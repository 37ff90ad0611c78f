"""A sign-in service that fails: a coded error in time, healed by itself; and one that refuses the gateway."""

import asyncio

import httpx
import pytest
from sign_in_documents import SUMMARIES

from gateway import auth_modes
from gateway.partner_center import credentials
from gateway.partner_center.msal_http import MsalHTTPClient

pytestmark = pytest.mark.anyio

FAILURES = {
    "429": {"status": 429, "retry_after": "1"},
    "500": {"status": 500, "retry_after": "0"},
    "503 in HTML": {"status": 503, "body": "html", "retry_after": "0"},
    "HTML": {"status": 200, "body": "html"},
    "nothing": {"status": 200, "body": "empty"},
    "400 without JSON": {"status": 400, "body": "html"},
    "JSON, but no object": {"body": "raw", "raw": "[]"},
    "an object without a token": {"body": "raw", "raw": "{}"},
    "half an answer": {"cut": 100},
}
GRANTS = {"obo": "on_behalf_of", "service": "refresh_token"}


@pytest.fixture
def hurried(monkeypatch):
    """Signing in has less than half a second over HTTP, and nothing above it gives up so soon."""
    monkeypatch.setattr(auth_modes, "_SIGN_IN_HTTP_TIMEOUT_S", 0.4)
    monkeypatch.setattr(credentials, "_SIGN_IN_TIMEOUT_S", 60)


def fail(authority, mode, rule):
    authority.control("PUT", "faults", [rule | {"grant": GRANTS[mode]}])


@pytest.mark.parametrize("rule", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_failure_is_told_and_heals_by_itself(mode, rule, start, authority, sandbox):
    gateway = await start(mode, authority.mint(user="ada"))
    fail(authority, mode, rule)

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    assert sandbox.requests() == []
    assert authority.grants() == [GRANTS[mode]]

    authority.control("DELETE", "faults")
    if rule.get("retry_after") == "1":
        await asyncio.sleep(1.05)
    assert (await gateway.ask(SUMMARIES))["invoiceSummaries"]["items"]
    assert authority.grants() == [GRANTS[mode]] * 2


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_hang_ends_in_time_and_heals_by_itself(mode, start, authority, hurried):
    gateway = await start(mode, authority.mint(user="ada"))
    fail(authority, mode, {"hang": True})

    # At the operations' deadline each would be told of Partner Center.
    errors = await asyncio.gather(*(gateway.errors(SUMMARIES) for _ in range(20)))

    assert errors == [[(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]] * 20
    assert authority.grants() == [GRANTS[mode]]
    authority.control("DELETE", "faults")
    await gateway.ask(SUMMARIES)


async def test_by_default_a_sign_in_ends_before_an_operation_does(start, monkeypatch):
    given = []

    class Recording(MsalHTTPClient):
        def __init__(self, tls, *, timeout_s):
            given.append(timeout_s)
            super().__init__(tls, timeout_s=timeout_s)

    monkeypatch.setattr(auth_modes, "MsalHTTPClient", Recording)
    await start("obo")

    # Grants wait for 8 seconds, operations for 10.
    assert given == [6.0]


async def test_an_answer_that_drips_ends_in_time(start, authority, hurried):
    gateway = await start("obo", authority.mint(user="ada"))
    fail(authority, "obo", {"drip_bytes_per_s": 100})

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]


async def test_an_authority_that_cannot_be_reached_is_told(start, authority, monkeypatch):
    gateway = await start("obo", authority.mint(user="ada"))
    await gateway.post("{ __typename }")

    def unreachable(*_args, **_options):
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx.Client, "send", unreachable)
    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    monkeypatch.undo()
    await gateway.ask(SUMMARIES)


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_an_authority_that_cannot_describe_itself_is_told_and_heals(mode, start, authority):
    # The gateway reads the configuration for callers' keys first, msal for the token endpoint then.
    path = "*/.well-known/openid-configuration"
    authority.control("PUT", "faults", [{"path": path, "after": 1, "status": 500, "body": "html"}])
    gateway = await start(mode, authority.mint(user="ada"))

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    authority.control("DELETE", "faults")
    await gateway.ask(SUMMARIES)


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_wrong_secret_is_told_as_such(mode, start, authority, sandbox):
    gateway = await start(mode, authority.mint(user="ada"), client_secret="wrong")

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_FAILED")]
    assert sandbox.requests() == []
    assert authority.grants() == [GRANTS[mode]]


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_throttled_caller_who_asks_again_and_again_costs_one_request(mode, start, authority):
    gateway = await start(mode, authority.mint(user="ada"))
    fail(authority, mode, {"status": 429, "retry_after": "60"})

    for _ in range(10):
        assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    assert authority.grants() == [GRANTS[mode]]


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_token_near_its_end_serves_on_while_signing_in_fails(mode, start, authority, sandbox):
    authority.control("PUT", "switches", {"access_token_lifetime_s": 200})
    gateway = await start(mode, authority.mint(user="ada", lifetime_s=3600), cache_url="none://")
    await gateway.ask(SUMMARIES)
    fail(authority, mode, {"status": 500})

    for _ in range(3):
        await gateway.ask(SUMMARIES)
    assert len(sandbox.requests()) == 4


async def test_one_field_fails_where_the_rest_needs_no_sign_in(start, authority):
    gateway = await start("obo", authority.mint(user="ada"))
    fail(authority, "obo", {"status": 500})
    body = (await gateway.post("{ __typename invoiceSummaries { items { balanceAmount } } }")).json()

    assert body["errors"][0]["extensions"]["code"] == "SIGN_IN_UNAVAILABLE"
