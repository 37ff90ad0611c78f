"""The gateway's own account: its refresh token is replaced with each use, shared by replicas, and may be lost."""

import asyncio

import httpx
import pytest
from sign_in_documents import SUMMARIES
from sign_in_token_file import TOKEN_KEY, store_refresh_token, stored_refresh_token

from gateway.app import create_app
from gateway.partner_center.refresh_token_store import RefreshTokenStore
from gateway.sandbox.authority import GATEWAY, PARTNER_TENANT
from gateway.settings import Settings
from tests.gateway_client import GatewayClient

pytestmark = pytest.mark.anyio

# Tokens for Partner Center this short are renewed with every call.
SHORT = {"access_token_lifetime_s": 60}
ONE_TIME = SHORT | {"one_time_refresh_tokens": True}
REQUIRED = [(["invoiceSummaries"], "SIGN_IN_REQUIRED")]


@pytest.fixture
def caller(authority):
    return authority.mint(user="ben", lifetime_s=3600)


def new_refresh_token(authority):
    return authority.control("POST", "refresh_tokens", {"action": "issue"})["refresh_token"]


def _client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")


async def ready(gateway):
    response = await gateway.http.get("/readyz")
    return response.status_code, response.json()["status"], response.json()["checks"]["signIn"]


READY = (200, "ok", "ok")
NOT_READY = (503, "SIGN_IN_REQUIRED", "SIGN_IN_REQUIRED")


async def test_the_successor_is_stored_with_each_sign_in(start, authority, caller, refresh_token_file):
    authority.control("PUT", "switches", ONE_TIME)
    gateway = await start("service", caller, cache_url="none://")
    seen = [stored_refresh_token(refresh_token_file)]
    for _ in range(3):
        await gateway.ask(SUMMARIES)
        seen.append(stored_refresh_token(refresh_token_file))

    assert len(set(seen)) == 4
    assert authority.grants() == ["refresh_token"] * 3
    assert await ready(gateway) == READY


async def test_a_gateway_that_is_started_again_goes_on_with_the_successor(start, authority, caller):
    authority.control("PUT", "switches", ONE_TIME)
    for _ in range(3):
        await (await start("service", caller)).ask(SUMMARIES)

    assert authority.grants() == ["refresh_token"] * 3


async def test_two_gateways_take_turns_with_tokens_that_are_good_once(start, authority, caller):
    authority.control("PUT", "switches", ONE_TIME)
    gateways = [await start("service", caller, cache_url="none://") for _ in range(2)]
    for gateway in gateways * 3:
        await gateway.ask(SUMMARIES)

    # The first call of each succeeds at once; later the one it holds was used by the other.
    assert authority.grants() == ["refresh_token"] * (2 + 2 * 4)
    assert [await ready(gateway) for gateway in gateways] == [READY] * 2


async def test_two_gateways_at_the_same_moment_share_tokens_that_are_good_once(start, authority, caller):
    authority.control("PUT", "switches", ONE_TIME)
    gateways = [await start("service", caller, cache_url="none://") for _ in range(2)]
    for _ in range(5):
        await asyncio.gather(*(gateway.ask(SUMMARIES) for gateway in gateways))

    assert [await ready(gateway) for gateway in gateways] == [READY] * 2


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_caller_who_leaves_does_not_take_the_successor_along(start, authority, caller, refresh_token_file):
    authority.control("PUT", "switches", {"one_time_refresh_tokens": True})
    authority.control("PUT", "faults", [{"grant": "refresh_token", "latency_ms": 300, "times": 1}])
    gateway = await start("service", caller)
    first = stored_refresh_token(refresh_token_file)
    asking = asyncio.create_task(gateway.ask(SUMMARIES))
    await until(authority.grants)
    asking.cancel()
    await asyncio.wait((asking,))

    await until(lambda: stored_refresh_token(refresh_token_file) != first)
    await gateway.ask(SUMMARIES)
    assert len(authority.grants()) == 1


async def test_a_gateway_that_stops_waits_for_the_successor(sandbox, authority, tls, caller, refresh_token_file):
    authority.control("PUT", "switches", ONE_TIME)
    authority.control("PUT", "faults", [{"grant": "refresh_token", "latency_ms": 300, "times": 1}])
    first = stored_refresh_token(refresh_token_file)
    settings = Settings(
        upstream_url=sandbox.url,
        auth="service",
        ca_bundle=tls.ca,
        tenant_id=PARTNER_TENANT.id,
        client_id=GATEWAY.id,
        client_secret=GATEWAY.secret,
        authority=authority.url,
        refresh_token_file=refresh_token_file,
        token_key=TOKEN_KEY,
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app), _client(app) as http:
        asking = asyncio.create_task(GatewayClient(http, caller).ask(SUMMARIES))
        await until(authority.grants)
        asking.cancel()
        await asyncio.wait((asking,))

    assert stored_refresh_token(refresh_token_file) != first


@pytest.mark.parametrize("content", [None, b"", b"not encrypted"], ids=["lost", "empty", "undecryptable"])
async def test_without_a_token_that_can_be_read_a_person_must_sign_in(
    *, content, start, authority, sandbox, caller, refresh_token_file
):
    refresh_token_file.unlink()
    if content is not None:
        refresh_token_file.write_bytes(content)
    gateway = await start("service", caller)

    assert await ready(gateway) == NOT_READY
    assert await gateway.errors(SUMMARIES) == REQUIRED
    assert (authority.grants(), sandbox.requests()) == ([], [])

    store_refresh_token(refresh_token_file, new_refresh_token(authority))
    assert await ready(gateway) == READY
    await gateway.ask(SUMMARIES)


async def test_a_withdrawn_token_is_told_until_a_person_signs_in_again(
    start, authority, sandbox, caller, refresh_token_file
):
    gateway = await start("service", caller)
    assert await ready(gateway) == READY
    authority.control("DELETE", "refresh_tokens")

    assert await gateway.errors(SUMMARIES) == REQUIRED
    assert await ready(gateway) == NOT_READY
    assert sandbox.requests() == []

    store_refresh_token(refresh_token_file, new_refresh_token(authority))
    # Ready before anybody asks: nobody would be sent to a gateway that is not.
    assert await ready(gateway) == READY
    await gateway.ask(SUMMARIES)
    assert await ready(gateway) == READY


async def test_many_callers_after_a_withdrawal_cost_one_request(start, authority, caller):
    gateway = await start("service", caller)
    authority.control("DELETE", "refresh_tokens")

    errors = await asyncio.gather(*(gateway.errors(SUMMARIES) for _ in range(50)))
    assert errors == [REQUIRED] * 50
    assert authority.grants() == ["refresh_token"]


async def test_a_file_that_cannot_be_written_degrades_and_the_newest_is_used(
    start, authority, caller, refresh_token_file, monkeypatch
):
    authority.control("PUT", "switches", ONE_TIME)
    gateway = await start("service", caller, cache_url="none://")
    before = refresh_token_file.read_bytes()

    def save(store, held):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(RefreshTokenStore, "save", save)
        for _ in range(3):
            await gateway.ask(SUMMARIES)
        assert await ready(gateway) == (200, "degraded", "degraded")
        assert refresh_token_file.read_bytes() == before

    await gateway.ask(SUMMARIES)
    assert await ready(gateway) == READY
    assert refresh_token_file.read_bytes() != before
    assert authority.grants() == ["refresh_token"] * 4


async def test_a_sign_in_service_that_is_down_does_not_ask_for_a_person(start, authority, caller):
    authority.control("PUT", "faults", [{"grant": "refresh_token", "status": 503}])
    gateway = await start("service", caller)

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    assert await ready(gateway) == READY


async def test_other_modes_have_no_sign_in_of_their_own_to_tell_of(start):
    for mode in ("passthrough", "obo"):
        response = await (await start(mode)).http.get("/readyz")
        assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": {"cache": "ok"}})
