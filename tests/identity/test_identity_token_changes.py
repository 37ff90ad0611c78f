"""No change of a token, and no other text, is believed for another than it was signed for."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import ForbiddenError, UnauthenticatedError
from tests.identity.fake_issuer import TENANT, Door, FakeIssuer, claims, ec_key, encoded, jwk, rsa_key, token

pytestmark = pytest.mark.anyio

VALID = token(claims())
VALID_OF_CURVES = token(claims(), ec_key("first"), alg="ES256", kid="curves")


@pytest.mark.untraced
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([VALID, VALID_OF_CURVES]), st.data())
async def test_no_bit_of_a_valid_token_can_be_flipped(text, data):
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    flipped = bytearray(text.encode())
    flipped[bit // 8] ^= 1 << bit % 8
    door = Door(FakeIssuer(jwk(rsa_key("first"), "first"), jwk(ec_key("first"), "curves")))

    with pytest.raises(UnauthenticatedError):
        await door.verify(flipped.decode("latin-1"))


@pytest.mark.untraced
@settings(deadline=None)
@given(st.integers(0, 2), st.data())
async def test_no_bit_of_what_a_valid_token_says_can_be_flipped(part, data):
    parts = [base64.urlsafe_b64decode(piece + "==") for piece in VALID.split(".")]
    bit = data.draw(st.integers(0, 8 * len(parts[part]) - 1))
    flipped = bytearray(parts[part])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[part] = bytes(flipped)

    with pytest.raises(UnauthenticatedError):
        await Door().verify(".".join(encoded(piece) for piece in parts))


@pytest.mark.untraced
@settings(deadline=None)
@given(st.text(max_size=200) | st.from_regex(r"\A[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{1,60}\Z"))
async def test_any_text_is_refused(text):
    with pytest.raises(UnauthenticatedError):
        await Door().verify(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.untraced
@settings(deadline=None)
@given(st.sampled_from(sorted(claims())), JSON)
async def test_any_value_of_a_signed_claim_is_believed_refused_or_forbidden(name, value):
    try:
        found = await Door().verify(token(claims() | {name: value}))
    except (UnauthenticatedError, ForbiddenError):
        return

    assert found.tenant == TENANT
