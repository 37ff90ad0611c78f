"""What carries upstream calls, below httpx's interface.

Made for calls that are many, small and often given up. httpx's own transport (httpcore 1.0.9) loses pool slots when
calls are cancelled, until none gets a connection any more (encode/httpcore#1093), and takes many times the CPU.
"""

import http.cookiejar
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx
from typing_extensions import override

from gateway.partner_center.connection import Connection
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.pool import Pool
from gateway.partner_center.prepared import PreparedRequest, WholeBody, head_of, origin_of, response_of

# By these names, since Python 3.11 takes as long to look up a member of an enumeration as to call a function.
_LEAST_REDIRECT, _LEAST_CLIENT_ERROR = int(HTTPStatus.MULTIPLE_CHOICES), int(HTTPStatus.BAD_REQUEST)
# A packet that got lost on the way is better sent again than waited for.
_CONNECT_TIMEOUT_S = 5.0


class Transport(httpx.AsyncBaseTransport):
    """HTTP/1.1 GETs without a body. No cookies, no proxies, no redirects, nothing is decompressed.

    An answer that is not valid HTTP, or goes on behind its end, is a `RemoteProtocolError`; one that breaks off, before
    its head or after, a `ReadError`.

    Args:
        max_connections: most connections at once.
        tls: whom to trust; the system's authorities where it is not given.
    """

    def __init__(self, *, max_connections: int, tls: ssl.SSLContext | None = None) -> None:
        self._max_connections = max_connections
        self._tls = tls or ssl.create_default_context()
        self._pool: Pool | None = None

    @property
    def taken(self) -> int:
        """How many connections carry a call now, or are being made for one."""
        return 0 if self._pool is None else self._pool.taken

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._pool is None:
            # With the first call, since connections belong to the event loop that is running then.
            self._pool = Pool(self._max_connections, self._tls)
        if isinstance(request, PreparedRequest):
            origin, head = request.origin, request.head()
        elif request.method == "GET":
            origin, head = origin_of(request.url), head_of(request)
        else:
            raise httpx.UnsupportedProtocol("this transport makes GETs only")
        timeouts_s = request.extensions["timeout"]
        pool = self._pool
        connection = pool.take_at_once(origin) or await pool.take(origin, timeouts_s)
        try:
            await connection.ask(head, timeouts_s["read"])
            if connection.error is not None:
                raise connection.error  # noqa: TRY301 — whatever it is, the connection is given back.
        except BaseException:
            pool.give_back(connection)
            raise
        answer = connection.answer
        status, headers = answer.status, answer.headers
        if _LEAST_REDIRECT <= status < _LEAST_CLIENT_ERROR:
            # httpx reads where it leads even though it is not to follow, and fails on what is no address.
            headers = [header for header in headers if header[0].lower() != b"location"]
        if not answer.is_complete:
            return response_of(status, headers, _Body(connection, pool))
        # There is nothing left to hold the connection for.
        body = WholeBody(connection.take_in())
        pool.give_back(connection)
        return response_of(status, headers, body)

    @override
    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """A body that is still coming. Closed before its end, it takes its connection with it."""

    def __init__(self, connection: Connection, pool: Pool) -> None:
        self._connection: Connection | None = connection
        self._pool = pool

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None and (part := await self._connection.read()):
            yield part

    @override
    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.give_back(connection)


def build_client(base_url: str, *, timeout_s: float, transport: httpx.AsyncBaseTransport) -> DirectClient:
    """The one client of a process. It follows no redirect, keeps no cookie and reads no proxy from the environment.

    Args:
        base_url: Partner Center's address, without `/v1`.
        timeout_s: between two pieces of an answer; connecting has a shorter one.
        transport: what carries the calls.
    """
    client = DirectClient(
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
