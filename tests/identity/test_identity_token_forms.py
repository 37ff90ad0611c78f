"""Which texts are tokens of the issuer at all: well formed, and signed with its key."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.api_jws import get_algorithm_by_name

from tests.identity.fake_issuer import (
    KEYS,
    METADATA,
    NOW_S,
    USER,
    Door,
    claims,
    ec_key,
    encoded,
    jwk,
    pem,
    rsa_key,
    signed,
    token,
)
from tests.identity.token_checks import MALFORMED, NOT_SIGNED, assert_refused

pytestmark = pytest.mark.anyio


def hs256(secret, **header):
    """Signed with HMAC, by hand: libraries refuse a public key as a secret."""
    message = f"{encoded({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'} | header)}.{encoded(claims())}"
    algorithm = get_algorithm_by_name("HS256")
    return f"{message}.{encoded(algorithm.sign(message.encode(), secret))}"


def unsigned(alg):
    return f"{encoded({'alg': alg, 'kid': 'first', 'typ': 'JWT'})}.{encoded(claims())}."


def attackers_jwk():
    return jwk(rsa_key("attacker"), "attacker")


# What is refused before its issuer is asked anything.
HOPELESS = {
    "none": lambda: unsigned("none"),
    "none with a signature": lambda: unsigned("none") + "AAAA",
    "None": lambda: unsigned("None") + "AAAA",
    "no alg": lambda: signed({"kid": "first"}, claims()),
    "alg null": lambda: signed({"alg": None, "kid": "first"}, claims()),
    "alg list": lambda: signed({"alg": ["RS256"], "kid": "first"}, claims()),
    "HS256 with the public key": lambda: hs256(pem(rsa_key("first"))),
    "HS256 with the public numbers": lambda: hs256(json.dumps(jwk(rsa_key("first"), "first")).encode()),
    "HS256 with nothing": lambda: hs256(b""),
    "RS384": lambda: token(claims(), alg="RS384"),
    "RS512": lambda: token(claims(), alg="RS512"),
    "ES384": lambda: token(claims(), ec_key("large", ec.SECP384R1), alg="ES384"),
    "no kid": lambda: token(claims(), kid=None),
    "kid empty": lambda: token(claims(), kid=""),
    "kid number": lambda: token(claims(), kid=1),
    "kid list": lambda: token(claims(), kid=["first"]),
    "kid of 257 characters": lambda: token(claims(), kid="k" * 257),
    "crit": lambda: token(claims(), crit=["exp"], exp=NOW_S),
    "crit empty": lambda: token(claims(), crit=[]),
    "crit null": lambda: signed({"alg": "RS256", "kid": "first", "crit": None}, claims()),
    "crit b64": lambda: token(claims(), crit=["b64"], b64=True),
    "typ of a logout token": lambda: token(claims(), typ="logout+jwt"),
    "typ of an encrypted token": lambda: token(claims(), typ="JWE"),
    "typ number": lambda: token(claims(), typ=1),
    "header list": lambda: signed(["RS256"], claims()),
    "header not JSON": lambda: signed(b"{", claims()),
    "header not UTF-8": lambda: signed(b'{"alg":"\xff"}', claims()),
    "header deep": lambda: signed(b'{"x":' + b"[" * 5000, claims()),
    "header twice": lambda: signed(b'{"alg":"none","alg":"RS256","kid":"first"}', claims()),
    "one part": lambda: "opaque",
    "two parts": lambda: token(claims()).rpartition(".")[0],
    "four parts": lambda: token(claims()) + ".AAAA",
    "five parts": lambda: "a.b.c.d.e",
    "an empty signature": lambda: token(claims()).rpartition(".")[0] + ".",
    "padding": lambda: token(claims()) + "==",
    "a line break at the end": lambda: token(claims()) + "\n",
    "plain base64": lambda: token(claims()).replace("_", "/").replace("-", "+") + "+",
    "a header of one character": lambda: "a." + token(claims()).partition(".")[2],
    "one character too long": lambda: padded(16 * 1024 + 1),
}


# What nobody but the issuer's key could tell.
FORGED = {
    "another's key": lambda: token(claims(), rsa_key("attacker")),
    "another's key of elliptic curves": lambda: token(claims(), ec_key("attacker"), alg="ES256"),
    "a jwk of its own": lambda: token(claims(), rsa_key("attacker"), jwk=attackers_jwk()),
    "a jku": lambda: token(claims(), rsa_key("attacker"), jku="https://attacker.example/keys"),
    "an x5u": lambda: token(claims(), rsa_key("attacker"), x5u="https://attacker.example/cert"),
    "the signature of another token": lambda: (
        token(claims(oid="other")).rpartition(".")[0] + "." + token(claims()).rpartition(".")[2]
    ),
    "the signature twice": lambda: token(claims()) + token(claims()).rpartition(".")[2],
    "a signature of one byte": lambda: token(claims()).rpartition(".")[0] + ".AA",
    "RS256 said, PS256 done": lambda: signed({"alg": "RS256", "kid": "first"}, claims(), alg="PS256"),
    "PS256 said, RS256 done": lambda: signed({"alg": "PS256", "kid": "first"}, claims(), alg="RS256"),
    "ES256 said, RS256 done": lambda: signed({"alg": "ES256", "kid": "first"}, claims()),
    "a payload that is no base64": lambda: token(claims()).replace(".", "A.").replace("A.", ".", 1),
    "b64 false": lambda: token(claims(), b64=False),
}


UNKNOWN_KEY = {
    "an unknown kid": "unknown",
    "the kid of a path": "../../../../dev/null",
    "the kid of an address": "https://attacker.example/keys",
    "the kid of a query": "first' OR '1'='1",
    "the kid of the attacker's own jwk": "attacker",
}


def padded(length):
    """A good token of that many characters; one part's length is never one more than a multiple of four."""
    for header in ("", "x"):
        empty = len(token(claims(filler=""), filler=header))
        for filler in range((length - empty) * 3 // 4 - 2, (length - empty) * 3 // 4 + 3):
            text = token(claims(filler="x" * filler), filler=header)
            if len(text) == length:
                return text
    raise AssertionError


@pytest.mark.parametrize("make", HOPELESS.values(), ids=HOPELESS.keys())
async def test_what_is_no_access_token_is_refused_and_the_issuer_not_asked(make):
    await assert_refused(make(), MALFORMED, asked=[])


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
async def test_what_the_issuer_did_not_sign_is_refused(make):
    await assert_refused(make(), NOT_SIGNED, asked=[METADATA, KEYS])


@pytest.mark.parametrize("kid", UNKNOWN_KEY.values(), ids=UNKNOWN_KEY.keys())
async def test_a_token_of_an_unknown_key_is_refused_and_nothing_else_asked(kid):
    text = token(claims(), rsa_key("attacker"), kid=kid, jwk=attackers_jwk(), jku="https://attacker.example/keys")

    await assert_refused(text, NOT_SIGNED, asked=[METADATA, KEYS])


async def test_a_token_of_16_kib_is_believed():
    assert (await Door().verify(padded(16 * 1024))).object_id == USER
