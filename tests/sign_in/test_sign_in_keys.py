"""The authority's keys change while callers ask; callers who make up key ids cost one reading in half a minute."""

import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sign_in_documents import SUMMARIES

from gateway.identity import issuer_keys
from gateway.sandbox.authority import PARTNER_TENANT

pytestmark = pytest.mark.anyio

DISCOVERY = f"/{PARTNER_TENANT.id}/v2.0/.well-known/openid-configuration"
KEYS = f"/{PARTNER_TENANT.id}/discovery/v2.0/keys"


def readings(authority):
    """How often the keys were read; msal reads the configuration too, but not the keys."""
    return [request["path"] for request in authority.requests()].count(KEYS)


async def statuses(gateway, token, times=10):
    responses = await asyncio.gather(*(gateway.post(SUMMARIES, token=token) for _ in range(times)))
    return [response.status_code for response in responses]


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_rotation_fails_no_request_and_a_withdrawn_key_ends(mode, start, authority):
    gateway = await start(mode, jwks_fresh_s=1)
    old = authority.mint(user="ada")
    assert await statuses(gateway, old) == [200] * 10

    authority.control("POST", "keys", {"action": "add"})
    authority.control("POST", "keys", {"action": "use_next"})
    new = authority.mint(user="ada")
    mixed = await asyncio.gather(*(gateway.post(SUMMARIES, token=token) for token in [old, new] * 20))
    assert [response.status_code for response in mixed] == [200] * 40
    assert all("errors" not in response.json() for response in mixed)

    authority.control("POST", "keys", {"action": "withdraw"})
    assert await statuses(gateway, new) == [200] * 10
    await asyncio.sleep(1.05)

    assert await statuses(gateway, old) == [401] * 10
    assert await statuses(gateway, new) == [200] * 10


async def test_a_key_first_met_is_looked_up_at_once_and_once(start, authority):
    gateway = await start("service")
    assert await statuses(gateway, authority.mint(user="ada")) == [200] * 10
    authority.control("POST", "keys", {"action": "add"})
    authority.control("POST", "keys", {"action": "use_next"})

    assert await statuses(gateway, authority.mint(user="ada"), 50) == [200] * 50
    assert readings(authority) == 2


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_flood_of_unknown_key_ids_makes_one_reading_in_half_a_minute(mode, start, authority, sandbox):
    now_s = 1000.0
    defaults = issuer_keys.IssuerKeys.__init__.__kwdefaults__
    original, defaults["clock"] = defaults["clock"], lambda: now_s
    try:
        gateway = await start(mode)
    finally:
        defaults["clock"] = original
    good = authority.mint(user="ada")
    await gateway.ask(SUMMARIES, token=good)
    key = rsa.generate_private_key(65537, 2048)
    claims = jwt.decode(good, options={"verify_signature": False})
    sandbox.take_calls()

    async def flood(times):
        """How many readings a flood makes."""
        before = readings(authority)
        forged = [jwt.encode(claims, key, "RS256", {"kid": f"{now_s}-{number}"}) for number in range(times)]
        responses = await asyncio.gather(*(gateway.post(SUMMARIES, token=token) for token in forged))
        assert {response.status_code for response in responses} == {401}
        return readings(authority) - before

    assert readings(authority) == 1
    assert await flood(100) == 1
    now_s += 29.9
    assert await flood(100) == 0
    now_s += 0.1
    assert await flood(100) == 1
    assert sandbox.take_calls() == []
    assert len(authority.grants()) == 1


async def test_while_keys_cannot_be_read_the_last_ones_serve_and_without_any_nobody_is_let_in(start, authority):
    authority.control("PUT", "faults", [{"path": KEYS, "status": 503}])
    cold = await start("service", authority.mint(user="ada"))
    response = await cold.post(SUMMARIES)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (503, "UPSTREAM_UNAVAILABLE")

    authority.control("DELETE", "faults")
    warm = await start("service", authority.mint(user="ada"), jwks_fresh_s=0.05)
    await warm.ask(SUMMARIES)
    authority.control("PUT", "faults", [{"path": KEYS, "status": 503}])
    await asyncio.sleep(0.06)
    await warm.ask(SUMMARIES)
