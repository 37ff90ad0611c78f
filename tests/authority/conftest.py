"""An authority over TLS, as new in every test."""

from collections.abc import Iterator

import pytest
import requests
from authority_client import AuthorityClient

from gateway.sandbox.authority import Tls, create_authority, make_tls
from gateway.sandbox.server import serve_in_thread


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def _served_authority(tls: Tls) -> Iterator[str]:
    with serve_in_thread(create_authority(), tls=tls) as url:
        yield url


@pytest.fixture
def authority(_served_authority: str, tls: Tls) -> Iterator[AuthorityClient]:
    with requests.Session() as http:
        # Variables of the environment would name another bundle, and have the last word.
        http.trust_env = False
        http.verify = str(tls.ca)
        client = AuthorityClient(_served_authority, http)
        client.control("DELETE", "state")
        yield client
