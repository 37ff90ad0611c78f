"""What is said to those whose token is refused."""

import pytest

from gateway.errors import UnauthenticatedError
from tests.identity.fake_issuer import Door

MALFORMED = "This is not an access token that the gateway understands."
NOT_SIGNED = "This token is not signed with a key of its issuer."
EXPIRED = "This token has expired."
NOT_YET = "This token is not valid yet."
NOT_FOR_US = "This token is not for this gateway."
WRONG_ISSUER = "This token is from an issuer that the gateway does not know."
WRONG_TENANT = "This token is of a tenant that the gateway does not know."
NOBODY = "This token does not say who calls."
ID_TOKEN = "This is an ID token; send an access token."


async def assert_refused(text, message, *, door=None, asked=None):
    door = door or Door()
    with pytest.raises(UnauthenticatedError) as raised:
        await door.verify(text)

    assert raised.value.message == message
    if asked is not None:
        assert door.issuer.requests == asked
