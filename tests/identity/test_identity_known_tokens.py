"""What is remembered of tokens: no token, of so many, and no longer than they last."""

import gc
import time

import pytest

from gateway.errors import UnauthenticatedError
from gateway.identity.passthrough import Passthrough
from tests.identity.test_identity_passthrough import jwt

pytestmark = pytest.mark.anyio


def reachable(root):
    """All that an object refers to, by whatever way; types and modules aside."""
    found, waiting = {}, [root]
    while waiting:
        each = waiting.pop()
        if id(each) not in found and not isinstance(each, type):
            found[id(each)] = each
            waiting += gc.get_referents(each)
    return list(found.values())


async def test_no_token_is_remembered_and_no_more_than_a_thousand_hashes():
    passthrough = Passthrough("public")
    for number in range(3000):
        await passthrough.caller([f"Bearer token-of-caller-{number}"])
    remembered = reachable(vars(passthrough))

    assert [each for each in remembered if isinstance(each, str) and "of-caller" in each] == []
    assert len([each for each in remembered if isinstance(each, bytes)]) == 1024


async def test_a_token_that_is_known_expires_like_any_other(monkeypatch):
    passthrough = Passthrough("public")
    token = f"Bearer {jwt({'exp': 4102444800})}"
    before = await passthrough.caller([token])
    monkeypatch.setattr(time, "time", lambda: 4102444800.0)

    with pytest.raises(UnauthenticatedError, match="This token has expired"):
        await passthrough.caller([token])
    monkeypatch.setattr(time, "time", lambda: 4102444799.0)
    assert await passthrough.caller([token]) == before
