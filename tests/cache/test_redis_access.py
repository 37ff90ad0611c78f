"""How a Redis that is guarded is reached: users with their rights, and TLS."""

import ssl

import pytest
from structlog.testing import capture_logs

from gateway.cache.redis_store import RedisStore
from gateway.sandbox.authority import make_tls
from gateway.settings import SettingsError
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.redis, pytest.mark.usefixtures("patient")]

# What the store's docstring asks for, and no other right.
RIGHTS = [
    "-@all",
    *(f"+{name}" for name in ["get", "mget", "set", "strlen", "pttl", "del", "unlink", "eval", "ping", "select"]),
]
USER = ("--user", "gateway", "on", ">p@ss:/word", "~partner-center-gateway:*", *RIGHTS, "--user", "default", "off")
INVOICE = '{ invoice(id: "G000100001") { totalCharges } }'


@pytest.fixture
def tls(tmp_path):
    return make_tls(tmp_path)


@pytest.fixture
def start(need, tmp_path):
    started = []

    def start(*options, tls=None):
        server = RedisServer(need("redis-server"), tmp_path, *options, tls=tls)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
async def open_url():
    opened = []

    def open_url(url, tls=None):
        opened.append(RedisStore(url, tls))
        return opened[-1]

    yield open_url
    for store in opened:
        await store.close()


async def test_a_user_needs_the_rights_that_are_documented_and_no_others(start, open_url):
    server = start(*USER)
    store = open_url(f"redis://gateway:p%40ss%3A%2Fword@127.0.0.1:{server.port}/2")
    key = "partner-center-gateway:a"
    with capture_logs() as logs:
        await store.set(key, b"1", 10)
        assert await store.get_many([key]) == [b"1"]
        assert await store.set_if_absent(key, b"2", 10) is False
        assert await store.take_lease(f"{key}:lease", "token", 1) is True
        await store.give_back_lease(f"{key}:lease", "token")
        await store.delete([key])
        assert await store.get_many([key, f"{key}:lease"]) == [None, None]
        assert await store.ping()

    assert logs == []


async def test_a_right_that_is_missing_stops_only_what_needs_it(start, open_url):
    server = start(*USER[:-3], "-eval", *USER[-3:])
    store = open_url(f"redis://gateway:p%40ss%3A%2Fword@127.0.0.1:{server.port}")

    assert await store.take_lease("partner-center-gateway:b", "token", 1) is None
    await store.set("partner-center-gateway:a", b"1", 10)
    assert await store.get_many(["partner-center-gateway:a"]) == [b"1"]


@pytest.mark.parametrize("user", ["gateway:wrong@", "nobody:x@", ""])
async def test_who_may_not_enter_finds_an_empty_store(start, open_url, user):
    store = open_url(f"redis://{user}127.0.0.1:{start(*USER).port}")

    assert await store.get_many(["partner-center-gateway:a"]) == [None]
    assert not await store.ping()


async def test_a_private_authority_is_trusted_where_the_context_trusts_it(start, open_url, tls):
    server = start(*USER, tls=tls)
    store = open_url(
        f"rediss://gateway:p%40ss%3A%2Fword@127.0.0.1:{server.port}", ssl.create_default_context(cafile=tls.ca)
    )
    await store.set("partner-center-gateway:a", b"x" * 10**7, 10)

    assert await store.get_many(["partner-center-gateway:a"]) == [b"x" * 10**7]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_authority_that_is_not_trusted_is_refused(start, open_url, tls, host):
    store = open_url(f"rediss://{host}:{start(tls=tls).port}")

    assert not await store.ping()


async def test_a_certificate_for_another_name_is_refused(start, open_url, tls):
    server = start(tls=tls)
    # 127.0.0.2 is this machine as well, and not in the certificate.
    store = open_url(f"rediss://127.0.0.2:{server.port}", ssl.create_default_context(cafile=tls.ca))

    assert not await store.ping()


async def test_gateways_share_a_redis_over_tls_by_the_ca_bundle(start, start_gateway, sandbox, tls):
    server = start(*USER, tls=tls)
    settings = {
        "cache_url": f"rediss://gateway:p%40ss%3A%2Fword@127.0.0.1:{server.port}/0",
        "ca_bundle": tls.ca,
    }
    first, second = [await start_gateway(**settings) for _ in range(2)]
    data = await first.ask(INVOICE)
    assert len(sandbox.take_calls()) == 1

    assert await second.ask(INVOICE) == data
    assert sandbox.take_calls() == []
    assert (await second.http.get("/readyz")).json()["checks"]["cache"] == "ok"


async def test_a_bundle_that_cannot_be_read_stops_the_start(start_gateway, tmp_path):
    with pytest.raises(SettingsError, match="GATEWAY_CA_BUNDLE"):
        await start_gateway(cache_url="rediss://127.0.0.1:1", ca_bundle=tmp_path / "absent.pem")
