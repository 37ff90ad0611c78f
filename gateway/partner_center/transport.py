"""What carries upstream calls: httpx's interface, with aiohttp below it.

httpx's own transport (httpcore 1.0.9) leaks pool slots when calls are cancelled, until none gets a connection any
more (encode/httpcore#1093); the gateway cancels calls that nobody waits for. It also costs several times the CPU.
"""

import functools
import http.cookiejar
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from aiohttp.tracing import Trace
from typing_extensions import override
from yarl import URL

from gateway.partner_center.connection import BoundedConnection, HostileAnswerError

_CHUNK_BYTES = 64 * 1024
# A packet that got lost on the way is better sent again than waited for.
_CONNECT_TIMEOUT_S = 5.0


class Transport(httpx.AsyncBaseTransport):
    """One pool of connections, for requests without a body.

    Args:
        max_connections: most connections at once.
        tls: whom to trust; the system's authorities where it is not given.
    """

    def __init__(self, *, max_connections: int, tls: ssl.SSLContext | None = None) -> None:
        self._max_connections = max_connections
        self._tls = tls or ssl.create_default_context()
        self._session: aiohttp.ClientSession | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        with _httpx_errors(request):
            answer = await self._open_session().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=timeout["pool"],
                    sock_connect=timeout["connect"],
                    sock_read=timeout["read"],
                ),
            )
        # httpx reads where a redirect leads even though it is not to follow, and fails on what is no address.
        headers = [header for header in answer.raw_headers if header[0].lower() != b"location"]
        return httpx.Response(answer.status, headers=headers, stream=_Body(answer, request), request=request)

    @override
    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        """Opened with the first call, since a session belongs to the event loop that is running then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=self._max_connections, tls=self._tls),
                middlewares=(_unrepeated,),
                # One caller's cookie must not travel with another's call.
                cookie_jar=aiohttp.DummyCookieJar(),
                # The reader of the answer decompresses and counts as it goes.
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session


class _Connector(aiohttp.TCPConnector):
    """Gives out no connection on which something came that nobody asked for.

    aiohttp (3.14) would take it for the next call's answer, and that may be another caller's.
    """

    def __init__(self, *, limit: int, tls: ssl.SSLContext) -> None:
        super().__init__(limit=limit, ssl=tls)
        # aiohttp offers no other place to say what a connection is made of.
        self._factory = functools.partial(BoundedConnection, loop=self._loop)  # type: ignore[assignment]

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        # Once more than the pool holds, so that the last of them is new.
        for _ in range(self.limit + 1):
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()
        raise HostileAnswerError("it speaks before it is asked")


async def _unrepeated(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp (3.14) from repeating a broken-off call by itself; `Calls` counts its tries."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError("the connection broke off") from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors(self._request):
            async for chunk in self._answer.content.iter_chunked(_CHUNK_BYTES):
                yield chunk

    @override
    async def aclose(self) -> None:
        # Of an answer that was read to its end the connection is kept; any other is closed.
        self._answer.close() if not self._answer.content.is_eof() else self._answer.release()


@contextmanager
def _httpx_errors(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout("no answer in time", request=request) from error
    except aiohttp.ClientPayloadError as error:
        raise httpx.ReadError("the answer broke off", request=request) from error
    except (aiohttp.ClientConnectionError, OSError) as error:
        raise httpx.ConnectError("no connection", request=request) from error
    except (aiohttp.ClientError, ValueError) as error:
        raise httpx.RemoteProtocolError("not HTTP as it should be", request=request) from error


def build_client(base_url: str, *, timeout_s: float, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """The one client of a process. It follows no redirect, keeps no cookie and reads no proxy from the environment.

    Args:
        base_url: Partner Center's address, without `/v1`.
        timeout_s: between two pieces of an answer; connecting has a shorter one.
        transport: what carries the calls.
    """
    client = httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        headers={
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "partner-center-gateway",
        },
    )
    client.cookies.jar.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    return client
