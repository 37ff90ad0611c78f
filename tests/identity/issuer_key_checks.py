"""Two keys, a token of each, and what a door may say to it."""

import asyncio

import pytest

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError
from tests.identity.fake_issuer import KEYS, METADATA, USER, claims, jwk, rsa_key, token

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
