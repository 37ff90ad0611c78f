"""Gateways that verify their callers, in front of an authority over TLS and a Partner Center, both served."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
import requests
from sign_in_token_file import TOKEN_KEY, store_refresh_token

from gateway.app import create_app
from gateway.sandbox.authority import GATEWAY, PARTNER_TENANT, TENANTS, create_authority, make_tls
from gateway.sandbox.server import serve_in_thread
from gateway.settings import Settings
from tests.authority.authority_client import AuthorityClient
from tests.gateway_client import GatewayClient
from tests.redis_server import RedisServer


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def _served_authority(tls):
    with serve_in_thread(create_authority(), tls=tls) as url:
        yield url


@pytest.fixture
def authority(_served_authority, tls):
    """As new, and with no user who must be seen."""
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(tls.ca)
        client = AuthorityClient(_served_authority, http)
        client.control("DELETE", "state")
        yield client
        client.control("DELETE", "state")


@pytest.fixture
def refresh_token_file(tmp_path, authority):
    """The refresh token's file, as `gateway login` leaves it for Ada."""
    path = tmp_path / "refresh-token"
    store_refresh_token(path, authority.control("POST", "refresh_tokens", {"action": "issue"})["refresh_token"])
    return path


@pytest.fixture
async def start(sandbox, authority, tls, refresh_token_file, monkeypatch):
    """Starts gateways of a mode; settings by name, `token` for every request."""
    # A busy machine is no dead authority.
    monkeypatch.setattr("gateway.identity.issuer_keys._READ_TIMEOUT_S", 30)
    async with AsyncExitStack() as running:

        async def start(auth, token=None, **settings):
            given = {"upstream_url": sandbox.url, "auth": auth, "ca_bundle": tls.ca}
            if auth != "passthrough":
                given |= {
                    "tenant_id": PARTNER_TENANT.id,
                    "client_id": GATEWAY.id,
                    "client_secret": GATEWAY.secret,
                    "authority": authority.url,
                    "allowed_tenants": ",".join(tenant.id for tenant in TENANTS),
                }
            if auth == "service":
                given |= {"refresh_token_file": refresh_token_file, "token_key": TOKEN_KEY}
            app = create_app(Settings(**(given | settings)))
            await running.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway", timeout=30)
            await running.enter_async_context(client)
            return GatewayClient(client, token)

        yield start
    # Connections that were just closed end in the loop's next turns.
    await asyncio.sleep(0)


@pytest.fixture(scope="session")
def _redis_server(need, tmp_path_factory):
    running = RedisServer(need("redis-server"), tmp_path_factory.mktemp("redis"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def redis_url(_redis_server, monkeypatch):
    """An empty database."""
    # A busy machine is no dead Redis: here every answer is waited for, so that calls can be counted.
    monkeypatch.setattr("gateway.cache.redis_store._TIMEOUT_S", 10)
    import redis  # noqa: PLC0415 — an extra brings it.

    with redis.Redis(port=_redis_server.port) as direct:
        direct.flushall()
    return f"redis://127.0.0.1:{_redis_server.port}/0"
