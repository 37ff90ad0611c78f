"""What carries upstream calls, below httpx's interface.

Made for calls that are many, small and often given up. httpx's own transport (httpcore 1.0.9) loses pool slots when
calls are cancelled, until none gets a connection any more (encode/httpcore#1093), and takes many times the CPU.
"""

import asyncio
import http.cookiejar
import ssl
from collections.abc import Callable
from functools import partial

import httpx
from typing_extensions import override

from gateway.partner_center.connection import come
from gateway.partner_center.direct_client import DirectClient
from gateway.partner_center.exchange import Exchange
from gateway.partner_center.origin import origin_of
from gateway.partner_center.pool import Pool
from gateway.partner_center.prepared import PreparedRequest, head_of

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
        if isinstance(request, PreparedRequest):
            origin, head = request.origin, request.head()
        elif request.method == "GET":
            origin, head = origin_of(request.url), head_of(request)
        else:
            raise httpx.UnsupportedProtocol("this transport makes GETs only")
        timeouts_s = request.extensions["timeout"]
        pool = self._pool_of_this_loop()
        while True:
            exchange = Exchange(pool, pool.take_at_once(origin) or await pool.take(origin, timeouts_s))
            try:
                news = asyncio.get_running_loop().create_future()
                exchange.begin(head, timeouts_s["read"], partial(come, news))
                await news
            except BaseException:
                exchange.drop()
                raise
            if not exchange.is_void:
                return exchange.response()
            exchange.drop()

    def begin(self, request: PreparedRequest, on_news: Callable[[], None]) -> Exchange | None:
        """As `Prompt` has it."""
        pool, head = self._pool_of_this_loop(), request.head()
        connection = pool.take_at_once(request.origin)
        if connection is None:
            return None
        exchange = Exchange(pool, connection)
        try:
            exchange.begin(head, request.extensions["timeout"]["read"], on_news)
        except BaseException:
            exchange.drop()
            raise
        return exchange

    def _pool_of_this_loop(self) -> Pool:
        if self._pool is None:
            # With the first call, since connections belong to the event loop that is running then.
            self._pool = Pool(self._max_connections, self._tls)
        return self._pool

    @override
    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()


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
