"""Calls that are given up at any moment: no connection, no slot and no waiter is lost, on either event loop."""

import asyncio
import random
import time
from contextlib import suppress

import httpx
import pytest

from gateway.partner_center.transport import Transport, build_client
from tests.partner_center.raw_server import Exchange, RawServer, http

pytestmark = pytest.mark.anyio

CALLS = 3000
AT_ONCE = 60
CONNECTIONS = 8
BODY = b'{"id":"G1"}'


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


class Whims:
    """Answers at once or in two pieces, resets, goes on behind the end, closes: each now and then."""

    def __init__(self, seeded: random.Random) -> None:
        self._seeded = seeded

    async def __call__(self, exchange: Exchange) -> object:
        way = self._seeded.random()
        if way < 0.05:
            return exchange.reset()
        pieces = [http(BODY) + (b"HTTP/1.1 200 OK\r\n" if way > 0.95 else b"")]
        if way < 0.3:
            pieces = [pieces[0][:-4], pieces[0][-4:]]
        # uvloop says RuntimeError to who writes where the other side has left.
        with suppress(RuntimeError):
            for piece in pieces:
                await asyncio.sleep(self._seeded.random() * 0.004)
                await exchange.send(piece)
            return way < 0.9
        return False


class Callers:
    """Make calls, and count how they go.

    Attributes:
        answered: how many were.
    """

    def __init__(self, client, seeded: random.Random) -> None:
        self._client = client
        self._seeded = seeded
        self._patience_s = 0.02
        self.answered = 0

    async def find_patience(self) -> None:
        """Be so patient that some are answered and some are not, however slow the machine is."""
        begun = time.perf_counter()
        for _ in range(10):
            await self.call()
        self._patience_s = max(self._patience_s, 4 * AT_ONCE / CONNECTIONS * (time.perf_counter() - begun) / 10)

    async def call(self) -> None:
        with suppress(httpx.TransportError):
            response = await self._client.exchange(self._client.get_request("/", []))
            try:
                body = b"".join([part async for part in response.stream])
            finally:
                await response.aclose()
            assert body == BODY
            self.answered += 1

    async def call_and_leave(self, times: int) -> None:
        for _ in range(times):
            calling = asyncio.create_task(self.call())
            await asyncio.wait((calling,), timeout=self._seeded.random() * self._patience_s)
            calling.cancel()
            await asyncio.wait((calling,))
            if not calling.cancelled():
                calling.result()


async def test_thousands_of_calls_given_up_at_random_moments_leave_the_pool_empty_and_working():
    seeded = random.Random(1)
    transport = Transport(max_connections=CONNECTIONS)
    async with RawServer(Whims(seeded)) as server:
        # By a name, so that there is more than one address to try.
        url = server.url.replace("127.0.0.1", "localhost")
        async with build_client(url, timeout_s=5, transport=transport) as client:
            callers = Callers(client, seeded)
            await callers.find_patience()
            callers.answered = 0
            await asyncio.gather(*(callers.call_and_leave(CALLS // AT_ONCE) for _ in range(AT_ONCE)))
            answered_meanwhile, callers.answered = callers.answered, 0
            taken = transport.taken
            await until(lambda: server.open_connections <= CONNECTIONS)
            for _ in range(100):
                await callers.call()
        await until(lambda: server.open_connections == 0)

    assert 0 < answered_meanwhile < CALLS
    assert (taken, transport.taken) == (0, 0)
    # Of a hundred, five are reset.
    assert callers.answered > 80


async def test_who_leaves_in_the_moment_a_connection_is_free_hands_it_on():
    going_on = asyncio.Event()

    async def answer_when_told(exchange: Exchange) -> None:
        await going_on.wait()
        await exchange.send(http(BODY))

    transport = Transport(max_connections=1)
    async with (
        RawServer(answer_when_told) as server,
        build_client(server.url, timeout_s=5, transport=transport) as client,
    ):

        async def call() -> int:
            response = await client.exchange(client.get_request("/", []))
            await response.aclose()
            if not done:
                # Granted to the second, and not yet noticed by it.
                calls[1].cancel()
            done.append(response.status_code)
            return response.status_code

        done: list[int] = []
        calls = [asyncio.create_task(call()) for _ in range(3)]
        while not server.exchanges:
            await asyncio.sleep(0.005)
        going_on.set()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [200, asyncio.CancelledError, 200]
    assert transport.taken == 0
