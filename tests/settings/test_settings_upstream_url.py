"""The address that tokens are sent to: none that would not work, and no plain HTTP over a network."""

import httpx
import pytest

from gateway.partner_center.clouds import CLOUDS
from gateway.partner_center.transport import build_client
from gateway.settings import Settings, SettingsError

NOT_AN_ADDRESS = "must be an address such as https://api.partnercenter.microsoft.com, with nothing behind it"
PLAIN = "plain http is for loopback addresses only, since a token is sent there"
WITH_VERSION = "must not end in /v1; the gateway adds it"

GOOD = [
    "https://api.partnercenter.microsoft.com",
    "https://partner.partnercenterapi.microsoftonline.cn",
    "https://proxy.example:8443/partner-center",
    "https://192.0.2.1",
    "https://[2001:db8::1]:443",
    "http://127.0.0.1:8100",
    "http://127.8.9.10",
    "http://localhost:8100",
    "http://[::1]:8100",
    "HTTPS://API.EXAMPLE",
]


@pytest.mark.parametrize("url", GOOD)
def test_an_address_is_taken_and_loses_a_slash_at_its_end(url):
    assert Settings.read(upstream_url=url).upstream_url == url
    assert Settings.read(upstream_url=url + "/").upstream_url == url


@pytest.mark.parametrize("url", GOOD)
def test_every_address_that_is_taken_is_one_that_httpx_can_call(url):
    transport = httpx.MockTransport(lambda _request: httpx.Response(200))
    client = build_client(url, timeout_s=1, transport=transport)

    assert client.build_request("GET", "/v1/invoices").url == httpx.URL(f"{url}/v1/invoices")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("api.partnercenter.microsoft.com", NOT_AN_ADDRESS),
        ("ftp://api.example", NOT_AN_ADDRESS),
        ("file:///etc/passwd", NOT_AN_ADDRESS),
        ("https://", NOT_AN_ADDRESS),
        ("https://user:secret@api.example", NOT_AN_ADDRESS),
        ("https://user:sec/ret@api.example", NOT_AN_ADDRESS),
        ("https://@api.example", NOT_AN_ADDRESS),
        ("https://api.example?key=secret", NOT_AN_ADDRESS),
        ("https://api.example/?", NOT_AN_ADDRESS),
        ("https://api.example#secret", NOT_AN_ADDRESS),
        ("https://api example", NOT_AN_ADDRESS),
        ("https://api.example\r\nX: 1", NOT_AN_ADDRESS),
        ("https://[::1", NOT_AN_ADDRESS),
        ("https://\u2603.example", NOT_AN_ADDRESS),
        ("https://api.example:port", NOT_AN_ADDRESS),
        ("https://api.example:99999", "Port out of range 0-65535"),
        ("https://api.example:0", "port 0 is none to call"),
        ("https://api.example/v1", WITH_VERSION),
        ("https://api.example/proxy/v1/", WITH_VERSION),
        ("http://api.example", PLAIN),
        ("http://10.0.0.1", PLAIN),
        ("http://0.0.0.0", PLAIN),
        ("http://127.0.0.1.example", PLAIN),
        ("http://localhost.example", PLAIN),
        ("http://[2001:db8::1]", PLAIN),
    ],
)
def test_an_address_that_a_token_must_not_go_to_stops_the_start(url, reason):
    with pytest.raises(SettingsError) as raised:
        Settings.read(upstream_url=url)

    assert str(raised.value) == f"GATEWAY_UPSTREAM_URL: {reason}"


def test_every_cloud_that_can_be_set_has_an_https_address():
    for name in ("public", "china", "usgov"):
        assert CLOUDS[Settings(cloud=name).cloud].base_url.startswith("https://")
