"""The Authorization header: one bearer token by RFC 6750, or none, or 401."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UnauthenticatedError
from gateway.identity.bearer import bearer_token

B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)  # RFC 6750, 2.1.


@pytest.mark.untraced
@given(
    st.from_regex(B64TOKEN, fullmatch=True),
    st.sampled_from(["Bearer", "bearer", "BEARER", "bEaReR"]),
    st.integers(1, 5),
)
def test_any_b64token_is_taken_as_it_is(token, scheme, spaces):
    assert bearer_token([scheme + " " * spaces + token]) == token


@pytest.mark.untraced
@given(st.text().filter(lambda text: not B64TOKEN.fullmatch(text.strip())))
def test_any_other_credentials_are_refused_and_not_quoted(text):
    with pytest.raises(UnauthenticatedError) as raised:
        bearer_token([f"Bearer {text}"])

    assert raised.value.message == "The Authorization header is not one bearer token."


def test_no_header_is_no_token():
    assert bearer_token([]) is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer\tabc",
        "Bearerabc",
        "Bearer a b",
        "Bearer a,b",
        "Bearer a=b",
        "Bearer =",
        'Bearer "abc"',
        "Bearer abc\nX: 1",
        "Bearer tök",
        "Bearer abc, Bearer def",
        "Basic dXNlcjpwYXNz",
        "abc",
        "Token abc",
    ],
)
def test_what_is_not_one_bearer_token_is_refused(header):
    with pytest.raises(UnauthenticatedError):
        bearer_token([header])


def test_two_authorization_headers_are_refused():
    with pytest.raises(UnauthenticatedError):
        bearer_token(["Bearer abc", "Bearer abc"])
