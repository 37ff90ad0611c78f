"""httpx's client with a short way for the one kind of request that is made by the thousand.

Measured for one call: `AsyncClient.build_request` and `send` take more than all else that the gateway does for it.
They merge addresses, parameters, cookies and headers anew, ask for authentication, redirects, proxies and hooks, and
parse the address. None of that is of use here; what is, is prepared once.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx
from typing_extensions import override

from gateway.partner_center.exchange import Exchange, Prompt
from gateway.partner_center.prepared import Destination, PreparedRequest


class DirectClient(httpx.AsyncClient):
    """Whatever httpx's client is, and `get_request` and `exchange` beside."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport, **options: Any) -> None:
        super().__init__(transport=transport, **options)
        self._carrier = transport
        self._begin = transport.begin if isinstance(transport, Prompt) else None
        # As `is_closed`, which looks up a member of an enumeration: 1,700 instructions for each call (Python 3.11).
        self._is_over = False
        self._destination = Destination(self.base_url, self.headers.raw, {"timeout": self.timeout.as_dict()})

    def destination(self, headers: Sequence[tuple[bytes, bytes]], *, accept: bytes | None = None) -> Destination:
        """What requests have in common that differ in their paths alone.

        Args:
            headers: names and values beside the client's own, none of which they repeat.
            accept: media types, in the place of the client's own.
        """
        destination = self._destination
        if accept is not None:
            others = [header for header in self.headers.raw if header[0].lower() != b"accept"]
            destination = Destination(self.base_url, [(b"Accept", accept), *others], destination.extensions)
        return destination.with_headers(headers)

    def get_request(
        self,
        path: str,
        headers: Sequence[tuple[bytes, bytes]],
        params: Mapping[str, str] | None = None,
        *,
        destination: Destination | None = None,
    ) -> httpx.Request:
        """The request that `build_request("GET", path, params=params, headers=headers)` makes.

        Args:
            path: below the base address; of characters that stand for themselves.
            headers: names and values beside those of the destination, none of which they repeat.
            params: the query's.
            destination: one of `destination`; without it, of no headers but the client's own.
        """
        if params is None:
            target = self._destination.path + path.lstrip("/").encode("ascii")
        else:
            target = self.build_request("GET", path, params=params).url.raw_path
        return PreparedRequest(destination or self._destination, target, headers)

    def exchange(self, request: httpx.Request) -> Coroutine[Any, Any, httpx.Response]:
        """Send a request, and return with the head of its answer. Its body is read from `stream`; then it is closed.

        Raises:
            httpx.TransportError: there is no answer.
        """
        if self._is_over:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        return self._carrier.handle_async_request(request)

    def begin(self, request: httpx.Request, on_news: Callable[[], None]) -> Exchange | None:
        """As `exchange`, where that can begin without a wait; None where it cannot.

        Args:
            request: one of `get_request`.
            on_news: called once, when the exchange has a response, or the reason why there will be none.

        Raises:
            httpx.LocalProtocolError: the request is unsound.
        """
        if self._begin is None or self._is_over or not isinstance(request, PreparedRequest):
            return None
        return self._begin(request, on_news)

    @override
    async def aclose(self) -> None:
        self._is_over = True
        await super().aclose()

    @override
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._is_over = True
        await super().__aexit__(exc_type, exc_value, traceback)
