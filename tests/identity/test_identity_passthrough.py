"""Passthrough: a caller is whoever holds the token."""

import base64
import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.caller import Scope
from gateway.errors import UnauthenticatedError
from gateway.identity.passthrough import Passthrough

pytestmark = pytest.mark.anyio

passthrough = Passthrough("public")


def jwt_of(claims: bytes) -> str:
    """A JWT whose claims are those bytes, and whose signature nobody checks."""
    return f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2lnbmF0dXJl"


def jwt(claims: object) -> str:
    return jwt_of(json.dumps(claims).encode())


UNREADABLE_EXP = {
    "exp to come": jwt({"exp": 4102444800}),
    "exp with a fraction": jwt({"exp": 4102444800.5}),
    "no exp": jwt({}),
    "exp null": jwt({"exp": None}),
    "exp as text": jwt({"exp": "1"}),
    "exp true": jwt({"exp": True}),
    "exp list": jwt({"exp": [1]}),
    "exp of 5000 digits": jwt_of(b'{"exp":' + b"9" * 5000 + b"}"),
    "claims list": jwt([1]),
    "claims text": jwt("exp"),
    "claims not UTF-8": jwt_of(b"\xff"),
    "claims deep": jwt_of(b"[" * 10_000),
    "opaque": "opaque",
    "two parts": "a.b",
    "three parts of no JWT": "a.b.c",
    "five parts": "a.b.c.d.e",
    "empty parts": "..",
    "a part that is no base64": "a.~.c",
}


async def test_the_token_goes_upstream_as_it_is():
    token = jwt({"exp": int(time.time()) + 3600, "amr": ["mfa"]})

    assert (await passthrough.caller([f"bearer  {token}"])).token == token


async def test_the_scope_is_the_cloud_and_a_hash_of_the_token():
    digest = hashlib.sha256(b"sandbox-partner-1").hexdigest()

    assert (await passthrough.caller(["Bearer sandbox-partner-1"])).scope == Scope("public", "", f"token-{digest}")


async def test_two_tokens_are_two_scopes():
    one, other = [(await passthrough.caller([f"Bearer {token}"])).scope for token in ("abc", "abd")]

    assert one != other


async def test_one_token_in_two_clouds_is_two_scopes():
    assert (await passthrough.caller(["Bearer abc"])).scope != (await Passthrough("china").caller(["Bearer abc"])).scope


async def test_a_caller_does_not_show_the_token():
    assert "very-secret" not in repr(await passthrough.caller(["Bearer very-secret"]))


async def test_no_token_is_refused():
    with pytest.raises(UnauthenticatedError) as raised:
        await passthrough.caller([])

    assert raised.value.extensions == {"code": "UNAUTHENTICATED"}


async def test_the_anonymous_token_stands_for_none():
    demo = Passthrough("public", anonymous_token="sandbox-partner-1")

    assert (await demo.caller([])).token == "sandbox-partner-1"
    assert (await demo.caller(["Bearer of-my-own"])).token == "of-my-own"


async def test_the_anonymous_token_does_not_stand_for_a_bad_one():
    with pytest.raises(UnauthenticatedError):
        await Passthrough("public", anonymous_token="sandbox-partner-1").caller(["Basic abc"])


@pytest.mark.parametrize("seconds_ago", [0, 1, 0.5, 3600])
async def test_a_token_whose_exp_has_passed_is_refused(seconds_ago):
    with pytest.raises(UnauthenticatedError) as raised:
        await passthrough.caller([f"Bearer {jwt({'exp': time.time() - seconds_ago})}"])

    assert raised.value.message == "This token has expired."


@pytest.mark.parametrize("padding", ["", "a", "ab", "abc"])
async def test_an_exp_is_read_whatever_padding_its_part_would_need(padding):
    with pytest.raises(UnauthenticatedError):
        await passthrough.caller([f"Bearer {jwt({'exp': 1, 'name': padding})}"])


@pytest.mark.parametrize("token", UNREADABLE_EXP.values(), ids=UNREADABLE_EXP.keys())
async def test_a_token_without_a_readable_exp_that_has_passed_is_for_upstream_to_judge(token):
    assert (await passthrough.caller([f"Bearer {token}"])).token == token


@given(st.from_regex(r"\A[A-Za-z0-9\-._~+/]{1,50}\.[A-Za-z0-9\-._~+/]{0,50}\.[A-Za-z0-9\-._~+/]{0,50}=*\Z"))
async def test_whatever_looks_like_a_jwt_is_a_caller_or_refused(token):
    try:
        known = await passthrough.caller([f"Bearer {token}"])
    except UnauthenticatedError:
        return

    assert known.token == token


@given(st.binary())
async def test_any_claims_are_a_caller_or_refused(claims):
    token = jwt_of(claims)
    try:
        known = await passthrough.caller([f"Bearer {token}"])
    except UnauthenticatedError:
        return

    assert known.token == token
