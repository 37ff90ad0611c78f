"""Certificates made on the spot, and a server that shows them."""

import ssl
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from authority_client import PARTNER
from cryptography import x509

from gateway.sandbox.authority import create_authority, make_client_certificate, make_tls
from gateway.sandbox.server import serve_in_thread


def strict(tls):
    """A context as strict as Python 3.13's own."""
    context = ssl.create_default_context(cafile=tls.ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_is_good_for_loopback(authority, tls, host):
    port = urlsplit(authority.url).port
    url = f"https://{host}:{port}/{PARTNER}/v2.0/.well-known/openid-configuration"
    with httpx.Client(verify=strict(tls), trust_env=False) as client:
        assert client.get(url).json()["issuer"] == f"https://{host}:{port}/{PARTNER}/v2.0"


def test_nobody_else_trusts_it(authority, tmp_path):
    other = make_tls(tmp_path)
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(other.ca)
        with pytest.raises(requests.exceptions.SSLError):
            http.get(authority.url, timeout=10)


def test_keys_are_the_owners_alone_and_certificates_short_lived(tmp_path):
    (tmp_path / "server.key").touch(mode=0o644)
    tls, client = make_tls(tmp_path), make_client_certificate(tmp_path)

    assert [path.name for path in (tls.ca, tls.certificate, tls.key)] == ["ca.pem", "server.pem", "server.key"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in (tls.key, client.key)} == {0o600}
    certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 7


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_server_ends_though_a_request_hangs(tls, scheme):
    with requests.Session() as http, ThreadPoolExecutor(1) as pool:
        http.trust_env = False
        http.verify = str(tls.ca)
        with serve_in_thread(create_authority(), tls=tls if scheme == "https" else None) as url:
            assert url.startswith(f"{scheme}://")
            http.put(f"{url}/_sandbox/faults", json=[{"hang": True}], timeout=10).raise_for_status()
            waiting = pool.submit(http.get, f"{url}/device", timeout=10)
            while not http.get(f"{url}/_sandbox/requests", timeout=10).json()["inFlight"]:
                time.sleep(0.01)
        # What uvicorn answers for a request that it cancels.
        assert waiting.result().status_code == 500


def test_the_server_ends_at_once_though_a_client_keeps_its_connection(tls):
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(tls.ca)
        with serve_in_thread(create_authority(), tls=tls) as url:
            assert http.get(f"{url}/device", timeout=10).status_code == 200
        with pytest.raises(requests.ConnectionError):
            http.get(f"{url}/device", timeout=10)
