"""The connections of a process: those that carry a call, and those that wait for the next."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from ssl import SSLContext

import httpx

from gateway.outbox import outbox_of_this_loop
from gateway.partner_center.connecting import connect
from gateway.partner_center.connection import Connection
from gateway.partner_center.origin import Origin

# A closed connection ends with the loop's next turns; one over TLS, too, as it is aborted.
_CLOSING_S = 1.0


class Pool:
    """At most so many connections at once, to all origins together, idle ones included.

    Whoever takes one gives it back. Belongs to the event loop that runs when it is made.

    Args:
        max_connections: most at once.
        tls: whom to trust.

    Attributes:
        taken: how many carry a call now, or are being made for one.
    """

    def __init__(self, max_connections: int, tls: SSLContext) -> None:
        self._max_connections = max_connections
        self._tls = tls
        self._outbox = outbox_of_this_loop()
        self.taken = 0
        self._waiting: OrderedDict[asyncio.Future[None], None] = OrderedDict()
        # An empty list stays until a connection of its origin is lost: calls one by one empty it each time.
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)
        self._open: set[Connection] = set()
        self._is_closed = False
        self._all_lost = asyncio.Event()

    def take_at_once(self, origin: Origin) -> Connection | None:
        """An idle connection, where there is one and no wait for it."""
        if self._is_closed or self.taken >= self._max_connections:
            return None
        connection = self._take_idle(origin)
        if connection is not None:
            self.taken += 1
        return connection

    async def take(self, origin: Origin, timeouts_s: Mapping[str, float | None]) -> Connection:
        """A connection: an idle one, or a new one.

        Args:
            origin: where it leads to.
            timeouts_s: `pool`, to wait for one to be free, and `connect`, as httpx has them.

        Raises:
            httpx.TransportError: there is none in time.
        """
        if self._is_closed:
            raise httpx.ConnectError("the pool is closed")
        if self.taken < self._max_connections:
            self.taken += 1
        else:
            await self._wait(timeouts_s["pool"])
        try:
            return self._take_idle(origin) or await self._connect(origin, timeouts_s["connect"])
        except BaseException:
            self._free_slot()
            raise

    def give_back(self, connection: Connection) -> None:
        """The exchange is over, or given up."""
        if connection.rest():
            if self._is_closed:
                connection.close()
            else:
                self._idle[connection.origin].append(connection)
        self._free_slot()

    async def aclose(self) -> None:
        """Close all connections; calls that are under way fail."""
        self._is_closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(httpx.ConnectError("the pool is closed"))
        for connection in tuple(self._open):
            connection.close()
        if self._open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_lost.wait(), _CLOSING_S)

    async def _wait(self, timeout_s: float | None) -> None:
        """Returns with a slot that is this caller's."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = None
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except BaseException as error:
            self._waiting.pop(waiter, None)
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._free_slot()  # It came in the very moment of leaving.
            if isinstance(error, TimeoutError):
                raise httpx.PoolTimeout("no connection is free") from None
            raise

    def _free_slot(self) -> None:
        while self._waiting:
            waiter, _ = self._waiting.popitem(last=False)
            if not waiter.done():
                waiter.set_result(None)
                return
        self.taken -= 1

    def _take_idle(self, origin: Origin) -> Connection | None:
        """The one that was used last: the others may become superfluous, and close."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def _connect(self, origin: Origin, timeout_s: float | None) -> Connection:
        self._make_room()
        connection = Connection(origin, self._outbox, self._lost)
        self._open.add(connection)
        try:
            await connect(connection, self._tls, timeout_s)
        except BaseException:
            connection.close()
            self._forget(connection)
            raise
        if connection.failure is not None:
            raise connection.failure
        if self._is_closed:
            connection.close()
            raise httpx.ConnectError("the pool is closed")
        return connection

    def _make_room(self) -> None:
        """Close an idle connection to somewhere else where it is one too many."""
        if self.taken + sum(map(len, self._idle.values())) > self._max_connections:
            next(filter(None, self._idle.values())).pop(0).close()

    def _lost(self, connection: Connection) -> None:
        idle = self._idle[connection.origin]
        if connection in idle:
            idle.remove(connection)
        if not idle:
            del self._idle[connection.origin]
        self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._is_closed and not self._open:
            self._all_lost.set()
