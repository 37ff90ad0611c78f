"""httpx's client with a short way for the one kind of request that is made by the thousand.

Measured for one call: `AsyncClient.build_request` and `send` take more than all else that the gateway does for it.
They merge addresses, parameters, cookies and headers anew, ask for authentication, redirects, proxies and hooks, and
parse the address. None of that is of use here; what is, is prepared once.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import httpx
from typing_extensions import override

from gateway.partner_center.connection import Origin

_NO_BODY = httpx.ByteStream(b"")


class PreparedRequest(httpx.Request):
    """A GET without a body, whose address is parsed only where somebody looks at it.

    Args:
        origin: where it goes to.
        target: path and query as they go out.
        site: scheme, host and port, as an address begins.
        headers: all of them, in the order in which they go out.
        extensions: as httpx has them.
    """

    method = "GET"
    stream: Any = _NO_BODY

    def __init__(
        self,
        origin: Origin,
        target: bytes,
        site: str,
        headers: list[tuple[bytes, bytes]],
        extensions: dict[str, Any],
    ) -> None:
        # httpx's own constructor does what this class is there to avoid.
        self.origin = origin
        self.target = target
        self._site = site
        self.raw_headers = headers
        self.extensions = extensions

    @cached_property
    @override
    def url(self) -> httpx.URL:  # type: ignore[override]  # an attribute there
        return httpx.URL(self._site + self.target.decode("ascii"))

    @cached_property
    @override
    def headers(self) -> httpx.Headers:  # type: ignore[override]  # an attribute there
        return httpx.Headers(self.raw_headers)


class DirectClient(httpx.AsyncClient):
    """Whatever httpx's client is, and `get_request` and `exchange` beside."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport, **options: Any) -> None:
        super().__init__(transport=transport, **options)
        self._carrier = transport
        base = self.base_url
        self._origin = origin_of(base)
        self._site = str(base.copy_with(raw_path=b"/"))[:-1]
        self._prefix = base.raw_path
        self._prepared_headers = [(b"Host", base.netloc), *self.headers.raw]
        self._prepared_extensions = {"timeout": self.timeout.as_dict()}

    def get_request(
        self, path: str, headers: Iterable[tuple[bytes, bytes]], params: Mapping[str, str] | None = None
    ) -> httpx.Request:
        """The request that `build_request("GET", path, params=params, headers=headers)` makes.

        Args:
            path: below the base address; of characters that stand for themselves.
            headers: names and values beside the client's own, none of which they repeat.
            params: the query's.
        """
        if params is None:
            target = self._prefix + path.lstrip("/").encode("ascii")
        else:
            target = self.build_request("GET", path, params=params).url.raw_path
        return PreparedRequest(
            self._origin, target, self._site, [*self._prepared_headers, *headers], self._prepared_extensions
        )

    async def exchange(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return with the head of its answer. Its body is read from `stream`; then it is closed.

        Raises:
            httpx.TransportError: there is no answer.
        """
        if self.is_closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        return await self._carrier.handle_async_request(request)


def origin_of(url: httpx.URL) -> Origin:
    is_secure = url.raw_scheme == b"https"
    return Origin(is_secure, url.raw_host.decode("ascii"), url.port or (443 if is_secure else 80))
