"""Which of an issuer's published keys are taken."""

import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import UnauthenticatedError
from tests.identity.fake_issuer import Door, FakeIssuer, ec_key, jwk, rsa_key
from tests.identity.issuer_key_checks import NEW, NEW_TOKEN, OLD, assert_believed, assert_refused

pytestmark = pytest.mark.anyio


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
    door.issuer.jwks = httpx.Response(
        200, content=b'{"keys":[' + good.replace(b"first", b"\xff\xfe") + b"," + good + b"]}"
    )

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
