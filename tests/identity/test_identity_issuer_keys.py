"""An issuer's keys: when they are read, what is taken of them, and how long they are believed."""

import asyncio
import gzip
import json

import httpx
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError
from gateway.identity import issuer_keys
from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.issuers import openid_provider
from tests.fakes import FakeClock
from tests.identity.fake_issuer import (
    AUTHORITY,
    KEYS,
    KEYS_URL,
    METADATA,
    METADATA_URL,
    TENANT,
    USER,
    V2,
    Door,
    FakeIssuer,
    claims,
    ec_key,
    jwk,
    rsa_key,
    token,
)

pytestmark = pytest.mark.anyio

BOTH = [METADATA, KEYS]
OLD = jwk(rsa_key("first"), "first")
NEW = jwk(rsa_key("second"), "second")
OLD_TOKEN = token(claims())
NEW_TOKEN = token(claims(), rsa_key("second"), kid="second")
NOT_SIGNED = "This token is not signed with a key of its issuer."
UNAVAILABLE = "The token issuer cannot be reached."


async def assert_believed(door, text=OLD_TOKEN):
    found = await door.verify(text)

    assert found.object_id == USER


async def assert_refused(door, text=OLD_TOKEN):
    with pytest.raises(UnauthenticatedError) as raised:
        await door.verify(text)

    assert raised.value.message == NOT_SIGNED


async def assert_unavailable(door, text=OLD_TOKEN):
    with pytest.raises(UpstreamUnavailableError) as raised:
        await door.verify(text)

    assert raised.value.message == UNAVAILABLE


async def turns():
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


# When they are read.


async def test_nothing_is_read_before_the_first_token():
    door = Door()
    await turns()

    assert door.issuer.requests == []


async def test_many_cold_verifications_cost_one_reading():
    door = Door()
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(200)))

    assert {claim.object_id for claim in found} == {USER}
    assert door.issuer.requests == BOTH


async def test_fresh_keys_are_not_read_again():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 299.9
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_keys_are_read_again_when_they_are_due():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 300
    await assert_believed(door)
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


async def test_many_who_find_them_due_cost_one_reading_and_wait_for_it():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(200)), return_exceptions=True)

    assert [str(error) for error in found] == [NOT_SIGNED] * 200
    # The id that the renewal showed to be unknown is not looked for again.
    assert door.issuer.requests == BOTH * 2


async def test_keys_age_from_the_beginning_of_their_reading():
    door = Door()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    door.ticks.now_s += 4
    door.issuer.gate.set()
    await waiting
    door.ticks.now_s += 296
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


async def test_a_reading_outlives_those_who_wait_for_it():
    door = Door()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    waiting.cancel()
    await turns()
    door.issuer.gate.set()
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_closing_ends_the_reading_that_is_running():
    door = Door()
    await door.keys.aclose()
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    await door.keys.aclose()

    assert door.issuer.requests == [METADATA]
    with pytest.raises(UpstreamUnavailableError):
        await waiting


# Rotation.


async def test_a_withdrawn_key_ends_with_the_renewal():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 299.9
    await assert_believed(door)
    door.ticks.now_s += 0.1
    await assert_refused(door)
    await assert_believed(door, NEW_TOKEN)


async def test_a_withdrawn_key_ends_with_the_first_token_of_the_new_one():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    await assert_believed(door, NEW_TOKEN)
    await assert_refused(door)

    # The old id is unknown now, but was looked for within 30 seconds.
    assert door.issuer.requests == BOTH * 2


async def test_a_new_key_is_known_at_once_in_the_middle_of_a_run():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(OLD, NEW)
    found = await asyncio.gather(*(door.verify(text) for text in [OLD_TOKEN, NEW_TOKEN] * 100))

    assert {claim.object_id for claim in found} == {USER}
    assert door.issuer.requests == BOTH * 2


async def test_a_new_key_is_known_although_a_renewal_began_before_it_was_published():
    door = Door()
    await assert_believed(door)
    door.ticks.now_s += 300
    door.issuer.gate.clear()
    first = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    second = asyncio.create_task(door.verify(NEW_TOKEN))
    await turns()
    published_late = []

    def publish_once_the_renewal_has_its_answer():
        if door.issuer.requests == BOTH * 2:
            door.issuer.publish(OLD, NEW)
            published_late.append(True)

    door.issuer.on_answered = publish_once_the_renewal_has_its_answer
    door.issuer.gate.set()
    found = await asyncio.gather(first, second)

    assert [claim.object_id for claim in found] == [USER, USER]
    assert door.issuer.requests == BOTH * 3
    assert published_late == [True]


async def test_a_new_address_of_the_keys_is_noticed():
    door = Door()
    await assert_believed(door)
    door.issuer.metadata = {"issuer": V2, "jwks_uri": "https://keys.example/new"}
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    await assert_believed(door, NEW_TOKEN)

    assert door.issuer.requests == [*BOTH, METADATA, "https://keys.example/new"]


# Unknown ids.


async def test_a_flood_of_unknown_ids_makes_one_reading_in_30_seconds():
    door = Door()
    await assert_believed(door)
    flood = [token(claims(), rsa_key("attacker"), kid=f"unknown-{number}") for number in range(100)]
    found = await asyncio.gather(*map(door.verify, flood), return_exceptions=True)
    for text in flood[:19]:
        door.ticks.now_s += 1.5
        await assert_refused(door, text)

    assert [str(error) for error in found] == [NOT_SIGNED] * 100
    assert door.issuer.requests == BOTH * 2

    door.ticks.now_s += 1.5
    await asyncio.gather(*map(door.verify, flood), return_exceptions=True)

    assert door.issuer.requests == BOTH * 3


async def test_a_cold_flood_of_unknown_ids_makes_one_reading():
    door = Door()
    flood = [token(claims(), rsa_key("attacker"), kid=f"unknown-{number}") for number in range(100)]
    found = await asyncio.gather(*map(door.verify, flood), return_exceptions=True)
    await assert_refused(door, flood[0])

    assert [str(error) for error in found] == [NOT_SIGNED] * 100
    assert door.issuer.requests == BOTH


async def test_a_flood_that_hangs_up_makes_one_reading():
    door = Door()
    await assert_believed(door)
    door.issuer.gate.clear()
    for number in range(20):
        waiting = asyncio.create_task(door.verify(token(claims(), kid=f"unknown-{number}")))
        await turns()
        waiting.cancel()
        await turns()
    door.issuer.gate.set()
    await turns()
    await assert_refused(door, token(claims(), kid="unknown"))

    assert door.issuer.requests == BOTH * 2


async def test_who_brings_a_known_id_does_not_wait_for_a_look_at_unknown_ones():
    door = Door()
    await assert_believed(door)
    door.issuer.gate.clear()
    waiting = asyncio.create_task(door.verify(NEW_TOKEN))
    await turns()
    await assert_believed(door)

    assert not waiting.done()
    door.issuer.gate.set()
    await asyncio.wait((waiting,))
    assert str(waiting.exception()) == NOT_SIGNED


async def test_a_look_that_fails_counts_too():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    await assert_unavailable(door, NEW_TOKEN)
    door.ticks.now_s += 29.9
    await assert_unavailable(door, NEW_TOKEN)
    await assert_believed(door)

    assert door.issuer.requests == [*BOTH, METADATA]

    door.issuer.is_down = False
    door.issuer.publish(OLD, NEW)
    door.ticks.now_s += 0.1
    await assert_believed(door, NEW_TOKEN)


async def test_a_failed_look_lets_nobody_pass_when_the_keys_are_due():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    await assert_unavailable(door, NEW_TOKEN)
    door.issuer.is_down = False
    door.issuer.publish(NEW)
    door.ticks.now_s += 300
    found = await asyncio.gather(door.verify(OLD_TOKEN), door.verify(OLD_TOKEN), return_exceptions=True)

    assert [str(error) for error in found] == [NOT_SIGNED] * 2


async def test_an_unknown_id_is_not_looked_for_where_the_renewal_just_failed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 300
    await assert_unavailable(door, NEW_TOKEN)

    assert door.issuer.requests == [*BOTH, METADATA]


# Outages.


async def test_an_issuer_that_was_never_reached_is_not_the_callers_fault():
    door = Door()
    door.issuer.is_down = True
    found = await asyncio.gather(*(door.verify(OLD_TOKEN) for _ in range(20)), return_exceptions=True)

    assert [(type(error), str(error)) for error in found] == [(UpstreamUnavailableError, UNAVAILABLE)] * 20
    assert door.issuer.requests == [METADATA]


async def test_an_issuer_that_fails_is_tried_again_after_5_seconds():
    door = Door()
    door.issuer.is_down = True
    await assert_unavailable(door)
    door.ticks.now_s += 4.9
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]

    door.issuer.is_down = False
    door.ticks.now_s += 0.1
    await assert_believed(door)


async def test_the_last_keys_are_believed_through_59_minutes_of_outage():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    for _ in range(59):
        door.ticks.now_s += 60
        await assert_believed(door)

    # Fresh for 4 minutes, and one try a minute from the fifth on.
    assert door.issuer.requests == BOTH + [METADATA] * 55


async def test_after_61_minutes_of_outage_nothing_is_believed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 3600
    await assert_believed(door)
    door.ticks.now_s += 60
    await assert_unavailable(door)
    await assert_unavailable(door, NEW_TOKEN)


async def test_after_an_hour_without_a_token_the_keys_are_read_before_any_is_believed():
    door = Door()
    await assert_believed(door)
    door.issuer.publish(NEW)
    door.ticks.now_s += 7200
    await assert_refused(door)
    await assert_believed(door, NEW_TOKEN)


async def test_the_end_of_an_outage_is_noticed():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 1800
    await assert_believed(door)
    door.issuer.is_down = False
    door.issuer.publish(NEW)
    door.ticks.now_s += 5
    await assert_refused(door)


async def test_in_an_outage_only_the_one_who_tries_again_waits():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 300
    await assert_believed(door)
    door.issuer.gate.clear()
    door.ticks.now_s += 5
    first = asyncio.create_task(door.verify(OLD_TOKEN))
    await turns()
    await assert_believed(door)

    assert not first.done()
    door.issuer.gate.set()
    assert (await first).object_id == USER
    assert door.issuer.requests == [*BOTH, METADATA, METADATA]


async def test_when_nothing_is_believed_any_more_everybody_waits_for_the_next_try():
    door = Door()
    await assert_believed(door)
    door.issuer.is_down = True
    door.ticks.now_s += 3601
    await assert_unavailable(door)
    door.issuer.is_down = False
    door.issuer.gate.clear()
    door.ticks.now_s += 5
    waiting = [asyncio.create_task(door.verify(OLD_TOKEN)) for _ in range(3)]
    await turns()
    door.issuer.gate.set()

    assert [found.object_id for found in await asyncio.gather(*waiting)] == [USER] * 3


async def test_keys_that_are_to_be_fresh_for_longer_than_an_hour_are():
    door = Door(fresh_s=7200)
    await assert_believed(door)
    door.ticks.now_s += 7199
    await assert_believed(door)

    assert door.issuer.requests == BOTH


async def test_an_issuer_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(issuer_keys, "_READ_TIMEOUT_S", 0.01)
    door = Door()
    door.issuer.gate.clear()
    await assert_unavailable(door)
    # The reading may end a turn later than those who waited as long as it.
    await asyncio.sleep(0.01)

    assert door.issuer.requests == [METADATA]
    door.ticks.now_s += 5
    await assert_unavailable(door)
    assert door.issuer.requests == [METADATA] * 2


# What is taken of them.


def answer(status=200, **content):
    return httpx.Response(status, **content)


USELESS = {
    "HTML": answer(html="<html>Sign in</html>"),
    "nothing": answer(content=b""),
    "no object": answer(json=[NEW]),
    "null": answer(json=None),
    "an object without keys": answer(json={}),
    "keys null": answer(json={"keys": None}),
    "keys as an object": answer(json={"keys": {"second": NEW}}),
    "not UTF-8": answer(content=b'{"\xff":[]}'),
    "deep": answer(content=b'{"keys":[' + b"[" * 100_000),
    "500": answer(500, json={"keys": [NEW]}),
    "404": answer(404, json={"keys": [NEW]}),
    "204": answer(204),
    "206": answer(206, json={"keys": [NEW]}),
    "301": answer(301, headers={"Location": KEYS_URL}, json={"keys": [NEW]}),
    "302": answer(302, headers={"Location": "https://attacker.example/keys"}),
    "307": answer(307, headers={"Location": "/keys"}),
    "compressed": answer(
        headers={"Content-Encoding": "gzip"}, content=gzip.compress(json.dumps({"keys": [NEW]}).encode())
    ),
    "a broken connection": httpx.ReadError("broken"),
    "a fault of the transport": RuntimeError("closed"),
}


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS.keys())
async def test_a_useless_answer_for_the_keys_leaves_the_old_ones(useless):
    door = Door()
    await assert_believed(door)
    door.issuer.jwks = useless
    door.ticks.now_s += 300
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS.keys())
async def test_a_useless_answer_for_the_metadata_asks_for_nothing_else(useless):
    door = Door()
    door.issuer.metadata = useless
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]


OTHERS_METADATA = {
    "another issuer": {"issuer": "https://attacker.example", "jwks_uri": KEYS_URL},
    "another tenant": {"issuer": f"{AUTHORITY}/22222222-0000-4000-8000-000000000002/v2.0", "jwks_uri": KEYS_URL},
    "a slash more": {"issuer": V2 + "/", "jwks_uri": KEYS_URL},
    "no issuer": {"jwks_uri": KEYS_URL},
    "issuer null": {"issuer": None, "jwks_uri": KEYS_URL},
    "no keys": {"issuer": V2},
    "keys null": {"issuer": V2, "jwks_uri": None},
    "keys by http": {"issuer": V2, "jwks_uri": "http://login.example/keys"},
    "keys by http on loopback": {"issuer": V2, "jwks_uri": "http://127.0.0.1/keys"},
    "keys in a file": {"issuer": V2, "jwks_uri": "file:///keys"},
    "keys at a path": {"issuer": V2, "jwks_uri": "/keys"},
    "keys with a password": {"issuer": V2, "jwks_uri": "https://user:secret@login.example/keys"},
    "keys at no address": {"issuer": V2, "jwks_uri": "https:///keys"},
}


@pytest.mark.parametrize("metadata", OTHERS_METADATA.values(), ids=OTHERS_METADATA.keys())
async def test_metadata_of_another_or_with_keys_that_cannot_be_trusted_are_not_followed(metadata):
    door = Door()
    door.issuer.metadata = metadata
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]


@pytest.mark.parametrize("issuer", [V2, f"{AUTHORITY}/{{tenantid}}/v2.0", f"https://sts.windows.net/{TENANT}/"])
async def test_metadata_may_name_the_issuer_by_any_of_its_names(issuer):
    door = Door()
    door.issuer.metadata = {"issuer": issuer, "jwks_uri": KEYS_URL}

    await assert_believed(door)


async def test_what_is_asked_for_is_uncompressed_json_without_credentials():
    issuer = FakeIssuer()
    issuer.http.auth = ("user", "secret")
    await assert_believed(Door(issuer))

    assert issuer.headers["Accept"] == "application/json"
    assert issuer.headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in issuer.headers


async def test_an_empty_set_of_keys_is_taken_at_its_word():
    door = Door()
    await assert_believed(door)
    door.issuer.publish()
    door.ticks.now_s += 300

    await assert_refused(door)


UNUSABLE_KEYS = {
    "for encryption": jwk(rsa_key("first"), "first", use="enc"),
    "use null": {**OLD, "use": [None]},
    "to sign": jwk(rsa_key("first"), "first", key_ops=["sign"]),
    "to verify and more": jwk(rsa_key("first"), "first", key_ops=["verify", "sign"]),
    "without an id": jwk(rsa_key("first"), None),
    "id empty": jwk(rsa_key("first"), ""),
    "id number": jwk(rsa_key("first"), 1),
    "of 1024 bits": jwk(rsa_key("small", 1024), "first"),
    "of 2047 bits": jwk(rsa_key("almost", 2047), "first"),
    "of 16384 bits": {**OLD, "n": "_" * 2731},
    "a long exponent": {**OLD, "e": "AQABAQABAQAB"},
    "for RS384": jwk(rsa_key("first"), "first", alg="RS384"),
    "for HS256": jwk(rsa_key("first"), "first", alg="HS256"),
    "for ES256, of RSA": jwk(rsa_key("first"), "first", alg="ES256"),
    "symmetric": {"kty": "oct", "kid": "first", "k": "c2VjcmV0"},
    "of another curve": jwk(ec_key("large", ec.SECP384R1), "first"),
    "of secp256k1": jwk(ec_key("coin", ec.SECP256K1), "first"),
    "beside the curve": {"kty": "EC", "kid": "first", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
    "without a curve": {name: part for name, part in jwk(ec_key("first"), "first").items() if name != "crv"},
    "without a modulus": {"kty": "RSA", "kid": "first", "e": "AQAB"},
    "without an exponent": {"kty": "RSA", "kid": "first", "n": OLD["n"]},
    "an even exponent": {**OLD, "e": "AQAA"},
    "not base64": {**OLD, "n": "~~~~"},
    "not ASCII": {**OLD, "n": "é" * 400},
    "modulus number": {**OLD, "n": 1},
    "Ed25519": {"kty": "OKP", "kid": "first", "crv": "Ed25519", "x": "A" * 43},
    "no type": {"kid": "first"},
    "no object": "first",
    "null": None,
    "a list": [OLD],
    "a number": 1,
}


@pytest.mark.parametrize("unusable", UNUSABLE_KEYS.values(), ids=UNUSABLE_KEYS.keys())
async def test_a_key_that_cannot_be_used_is_passed_over_and_the_others_are_not(unusable):
    door = Door(FakeIssuer(unusable, NEW, unusable))

    await assert_believed(door, NEW_TOKEN)
    with pytest.raises(UnauthenticatedError):
        await door.keys.with_id("first")


async def test_a_key_that_is_not_utf_8_is_passed_over():
    door = Door()
    good = json.dumps(OLD).encode()
    door.issuer.jwks = answer(content=b'{"keys":[' + good.replace(b"first", b"\xff\xfe") + b"," + good + b"]}")

    await assert_believed(door)


USABLE_KEYS = {
    "without a use": jwk(rsa_key("first"), "first", use=None),
    "to verify": jwk(rsa_key("first"), "first", key_ops=["verify"]),
    "with its algorithm": jwk(rsa_key("first"), "first", alg="RS256"),
    "with a certificate": jwk(rsa_key("first"), "first", x5c=["MIIC"], x5t="x", cloud_instance_name="login.example"),
    "with a private half that nobody looks at": jwk(rsa_key("first"), "first", d="AQAB"),
}


@pytest.mark.parametrize("usable", USABLE_KEYS.values(), ids=USABLE_KEYS.keys())
async def test_a_key_that_can_be_used_is(usable):
    await assert_believed(Door(FakeIssuer(usable)))


async def test_of_more_than_100_keys_the_first_100_are_taken():
    others = [jwk(rsa_key("attacker"), f"other-{number}") for number in range(99)]

    await assert_believed(Door(FakeIssuer(*others, OLD, NEW)))
    await assert_refused(Door(FakeIssuer(*others, NEW, OLD)))


async def test_a_body_of_300_mb_is_left_after_one():
    sent = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            for _ in range(300 * 16):
                sent.append(64 * 1024)
                yield b" " * (64 * 1024)

    door = Door()
    door.issuer.jwks = answer(stream=Endless())
    await assert_unavailable(door)

    assert sum(sent) == 1024**2 + 64 * 1024


@pytest.mark.parametrize(("length", "taken"), [(1024**2, True), (1024**2 + 1, False)])
async def test_a_body_of_one_mib_is_the_longest(length, taken):
    body = json.dumps({"keys": [OLD]}).encode()
    door = Door()
    door.issuer.jwks = answer(content=body + b" " * (length - len(body)))

    await (assert_believed(door) if taken else assert_unavailable(door))


@pytest.mark.parametrize(
    ("keys_url", "taken"),
    [
        ("http://127.0.0.1:8091/keys", True),
        ("http://[::1]/keys", True),
        ("https://keys.example/keys", True),
        ("http://keys.example/keys", False),
        ("http://10.0.0.1/keys", False),
    ],
)
async def test_an_issuer_on_loopback_may_have_its_keys_there_without_tls(keys_url, taken):
    asked = []

    async def served(request):
        asked.append(str(request.url))
        metadata = {"issuer": "http://127.0.0.1:8090", "jwks_uri": keys_url}
        return answer(json={"keys": [OLD]} if len(asked) == 2 else metadata)

    http = httpx.AsyncClient(transport=httpx.MockTransport(served))
    keys = IssuerKeys(openid_provider("http://127.0.0.1:8090"), http, fresh_s=300, clock=FakeClock())
    metadata_url = "http://127.0.0.1:8090/.well-known/openid-configuration"
    if taken:
        assert [key.algorithm for key in await keys.with_id("first")] == ["RS256", "PS256"]
        assert asked == [metadata_url, keys_url]
    else:
        with pytest.raises(UpstreamUnavailableError):
            await keys.with_id("first")
        assert asked == [metadata_url]


async def test_operators_are_told_why_but_not_at_length():
    door = Door()
    door.issuer.jwks = httpx.ReadError("x" * 5000)
    with structlog.testing.capture_logs() as told:
        await assert_unavailable(door)

    assert [(line["event"], line["url"], line["reason"]) for line in told] == [
        ("the token issuer's keys could not be read", METADATA_URL, "ReadError: " + "x" * 189)
    ]
