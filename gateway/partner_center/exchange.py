"""One request and its answer, over a connection of the pool."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from operator import itemgetter
from typing import Protocol, runtime_checkable

import httpx
from typing_extensions import override

from gateway.partner_center.connection import Connection
from gateway.partner_center.pool import Pool
from gateway.partner_center.prepared import PreparedRequest, WholeBody, response_of

# By these names, since Python 3.11 takes as long to look up a member of an enumeration as to call a function.
_OK = int(HTTPStatus.OK)
_LEAST_REDIRECT, _LEAST_CLIENT_ERROR = int(HTTPStatus.MULTIPLE_CHOICES), int(HTTPStatus.BAD_REQUEST)
_ENCODING = b"content-encoding"
_NAME = itemgetter(0)


class Exchange:
    """Begun once; then there is news; then its `response`, or its `body_at_once`. Or it is dropped, before or as void.

    Args:
        pool: where its connection goes back to.
        connection: taken from there.
    """

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: Pool, connection: Connection) -> None:
        self._pool = pool
        self._connection = connection

    def begin(self, request: bytes, timeout_s: float | None, on_news: Callable[[], None]) -> None:
        """As `Connection.ask`."""
        self._connection.ask(request, timeout_s, on_news)

    @property
    def is_void(self) -> bool:
        """Whether its request did not go out, since the connection, which had served before, was not fit for it."""
        return self._connection.has_served and not self._connection.was_sent

    def drop(self) -> None:
        """Nobody wants its answer."""
        self._pool.give_back(self._connection)

    def body_at_once(self, max_bytes: int) -> bytes | None:
        """The body of a 200 that has come whole, and as it is: nearly always. The exchange is over then.

        Args:
            max_bytes: its longest length.
        """
        connection = self._connection
        answer = connection.answer
        if connection.error is not None or not answer.is_complete or answer.status != _OK:
            return None
        if answer.unread_bytes > max_bytes:
            return None
        # Of all names at once, since a loop took the most of this.
        if b"\n".join(map(_NAME, answer.headers)).lower().find(_ENCODING) >= 0:
            return None
        body = connection.take_in()
        self._pool.give_back(connection)
        return body

    def response(self) -> httpx.Response:
        """The answer, whose body may still be coming.

        Raises:
            httpx.TransportError: there is none.
        """
        connection, pool = self._connection, self._pool
        if connection.error is not None:
            pool.give_back(connection)
            raise connection.error
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


@runtime_checkable
class Prompt(Protocol):
    """A transport that can begin an exchange without a wait."""

    def begin(self, request: PreparedRequest, on_news: Callable[[], None]) -> Exchange | None:
        """Send a request, where a connection waits for one.

        Args:
            request: what is sent.
            on_news: called once, when there is a response, or the reason why there will be none.

        Raises:
            httpx.LocalProtocolError: the request is unsound.
        """
        ...
