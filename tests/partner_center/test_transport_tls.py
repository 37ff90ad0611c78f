"""Connections over TLS, on either event loop."""

import asyncio
import ssl

import httpx
import pytest

from gateway.partner_center.transport import Transport, build_client
from gateway.sandbox.authority import make_tls

pytestmark = pytest.mark.anyio

BODY = b'{"id":"G1"}' + b" " * 100_000


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def server(files):
    """Its port, and how often each of its connections was asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    asked: list[int] = []

    async def answer(reader, writer):
        asked.append(0)
        number = len(asked) - 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked[number] += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    serving = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield serving.sockets[0].getsockname()[1], asked
    serving.close()
    await asyncio.sleep(0.01)


def client_of(port, host="127.0.0.1", **options):
    return build_client(f"https://{host}:{port}", timeout_s=5, transport=Transport(max_connections=2, **options))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_connection_is_made_and_kept(server, files, host):
    port, asked = server
    async with client_of(port, host, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(files.ca)
    async with client_of(port, host, tls=trusting) as client:
        bodies = [(await client.get("/")).content for _ in range(3)]

    assert bodies == [BODY] * 3
    assert asked == [3]


async def test_a_handshake_that_is_given_up_leaves_nothing_behind(files):
    ended = []

    async def listen(reader, writer):
        while await reader.read(1024):
            pass
        writer.close()
        ended.append(True)

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    transport = Transport(max_connections=2)
    url = f"https://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with build_client(url, timeout_s=0.3, transport=transport) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await asyncio.wait_for(client.get("/"), 10)
        leaving = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0.05)
        leaving.cancel()
        await asyncio.wait((leaving,))

    assert leaving.cancelled()
    assert transport.taken == 0
    await asyncio.sleep(0.05)
    assert ended == [True, True]
    silent.close()
