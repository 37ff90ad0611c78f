"""What asyncio's debug mode or a log line may print of a value shows no token."""

from gateway.caller import Caller, Scope
from gateway.partner_center.msal_http import Response
from gateway.partner_center.sign_in import Grant
from gateway.settings import Settings


def test_no_token_shows_in_a_repr():
    values = [
        Caller(Scope("public", "", "token-1"), "s3cret"),
        Grant("s3cret-access", 1.0, "s3cret-refresh"),
        Response(200, '{"access_token": "s3cret"}', {"Set-Cookie": "s3cret"}),
        Settings(cache_url="redis://:s3cret@127.0.0.1:6379", client_secret="s3cret", token_key="s3cret"),
    ]

    assert "s3cret" not in repr(values)
