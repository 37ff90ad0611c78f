"""A token that is not to be believed opens nothing: 401 with a challenge, and nobody else is asked."""

import asyncio
import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sign_in_documents import SUMMARIES

from gateway.sandbox.authority import CONTOSO_TENANT, PARTNER_TENANT

pytestmark = pytest.mark.anyio

OTHER_KEY = rsa.generate_private_key(65537, 2048)


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture(name="forge")
def _forge(authority):
    """Forged tokens by name; each but for one thing as the authority's own."""
    good = authority.mint(user="ada")
    header = jwt.get_unverified_header(good)
    claims = jwt.decode(good, options={"verify_signature": False})
    keys = authority.get(f"/{PARTNER_TENANT.id}/discovery/v2.0/keys").json()["keys"]
    published = next(key for key in keys if key["kid"] == header["kid"])
    public_pem = RSAAlgorithm.from_jwk(published).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    own_jwk = RSAAlgorithm.to_jwk(OTHER_KEY.public_key(), as_dict=True)

    def signed(**headers):
        return jwt.encode(claims, OTHER_KEY, "RS256", {"kid": header["kid"]} | headers)

    def hs256():
        # By hand: PyJWT refuses to sign with a public key.
        signing_input = f"{part(header | {'alg': 'HS256'})}.{part(claims)}"
        digest = hmac.new(public_pem, signing_input.encode(), hashlib.sha256).digest()
        return f"{signing_input}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def stitched(**changes):
        """The good signature under other claims."""
        return f"{good.split('.')[0]}.{part(claims | changes)}.{good.split('.')[2]}"

    return {
        "alg none": lambda: f"{part({'alg': 'none', 'kid': header['kid']})}.{part(claims)}.",
        "alg none, signed": lambda: f"{part({'alg': 'none', 'kid': header['kid']})}.{part(claims)}.AAAA",
        "HS256 with the public key": hs256,
        "another key": signed,
        "another key, brought along": lambda: signed(jwk=own_jwk),
        "another key, at an address": lambda: signed(jku=f"{authority.url}/{PARTNER_TENANT.id}/discovery/v2.0/keys"),
        "other claims": lambda: stitched(oid="5eed0000-0000-4000-8000-00000000b002"),
        "expired": lambda: authority.mint(user="ada", lifetime_s=-61),
        "not valid yet": lambda: authority.mint(user="ada", not_before_s=120),
        "without an end": lambda: authority.mint(user="ada", claims={"exp": None}),
        "another audience": lambda: authority.mint(user="ada", audience="https://api.partnercenter.microsoft.com"),
        "another issuer": lambda: authority.mint(user="ada", claims={"iss": "https://issuer.example/v2.0"}),
        "the issuer of another tenant": lambda: authority.mint(
            user="ada", claims={"iss": f"{authority.url}/{CONTOSO_TENANT.id}/v2.0"}
        ),
        "another tenant": lambda: authority.mint(user="eli"),
        "a key id that is a path": lambda: signed(kid="../../../../dev/null"),
        "an unknown key id": lambda: signed(kid="unknown"),
        "no key id": lambda: f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{good.split('.', 1)[1]}",
        "an id token": lambda: authority.mint(user="ada", claims={"scp": None, "azp": None}),
        "no jwt": lambda: "opaque",
    }


NAMES = [
    "alg none",
    "alg none, signed",
    "HS256 with the public key",
    "another key",
    "another key, brought along",
    "another key, at an address",
    "other claims",
    "expired",
    "not valid yet",
    "without an end",
    "another audience",
    "another issuer",
    "the issuer of another tenant",
    "another tenant",
    "a key id that is a path",
    "an unknown key id",
    "no key id",
    "an id token",
    "no jwt",
]


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_forged_token_gets_a_challenge_and_nobody_is_asked(mode, start, authority, sandbox, forge):
    gateway = await start(mode, allowed_tenants=None)
    assert list(forge) == NAMES

    refused = {}
    for name, make in forge.items():
        response = await gateway.post(SUMMARIES, token=make())
        body = response.json()
        assert list(body) == ["errors"], name
        refused[name] = (
            response.status_code,
            response.headers["WWW-Authenticate"],
            [error["extensions"]["code"] for error in body["errors"]],
        )

    assert refused == dict.fromkeys(NAMES, (401, "Bearer", ["UNAUTHENTICATED"]))
    assert sandbox.requests() == []
    assert authority.grants() == []
    # The same gateway takes the token that all these were made from.
    await gateway.ask(SUMMARIES, token=authority.mint(user="ada"))
    assert len(sandbox.requests()) == 1
    assert len(authority.grants()) == 1


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_no_token_gets_a_challenge_and_nobody_is_asked(mode, start, authority, sandbox):
    gateway = await start(mode)
    response = await gateway.post(SUMMARIES)

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert sandbox.requests() == []
    assert authority.requests() == []


async def test_a_token_ends_for_callers_whose_answer_is_kept_too(start, authority, sandbox):
    # The gateway allows clocks to differ by a minute.
    gateway, token = await start("service"), authority.mint(user="ada", lifetime_s=-58)

    await gateway.ask(SUMMARIES, token=token)
    await asyncio.sleep(2.1)
    response = await gateway.post(SUMMARIES, token=token)

    assert response.status_code == 401
