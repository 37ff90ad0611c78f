"""A server that says, byte by byte, what a test wants said: what no HTTP library would send."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self


class Exchange:
    """One request and the connection to answer it on.

    Attributes:
        number: of the request, from 1.
        connection: number of its connection, from 1.
        head: its request line and headers, as they came.
    """

    def __init__(
        self, number: int, connection: int, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = number
        self.connection = connection
        self.head = head
        self._reader = reader
        self._writer = writer

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def send_at_once(self, data: bytes) -> None:
        """It lies at the client's end when this returns: no event loop has had a turn meanwhile."""
        os.write(self._writer.get_extra_info("socket").fileno(), data)

    def end_at_once(self) -> None:
        """The connection's end lies there likewise."""
        with socket.socket(fileno=os.dup(self._writer.get_extra_info("socket").fileno())) as end:
            end.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close the connection the hard way: the client's system is told of a reset."""
        self._writer.transport.abort()

    async def closed(self) -> None:
        """Returns when the client has closed the connection."""
        while await self._reader.read(1024):
            pass


Answer = Callable[[Exchange], Awaitable[object]]


class RawServer:
    """Hands every request to `answer`, which writes what it likes. A connection ends when `answer` returns False.

    Attributes:
        exchanges: every request that came, in order.
        port: where it listens.
        open_connections: how many are open now.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._connections = 0
        self.port = 0
        self.open_connections = 0
        self.exchanges: list[Exchange] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """Path and query of every request, in order."""
        return [exchange.head.split(b" ")[1].decode("latin-1") for exchange in self.exchanges]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio's own handlers complain when they are cancelled.
        handler = asyncio.create_task(self._serve(reader, writer))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        connection = self._connections
        self.open_connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                exchange = Exchange(len(self.exchanges) + 1, connection, head, reader, writer)
                self.exchanges.append(exchange)
                if await self._answer(exchange) is False:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.open_connections -= 1
            writer.close()


def http(body: bytes, status: int = 200, *headers: str, length: int | None = None) -> bytes:
    """An HTTP answer; `length` in the place of the body's true one."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def saying(*answers: bytes) -> Answer:
    """Answers each request with the next of some answers; the last is repeated."""

    async def say(exchange: Exchange) -> None:
        await exchange.send(answers[min(exchange.number, len(answers)) - 1])

    return say
