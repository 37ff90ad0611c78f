"""Partner Center's client without the gateway above it."""

import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest
import stamina

from gateway.caller import Caller, Scope
from gateway.operation import Budget, Deadline, Operation
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.credentials import CallersOwn
from gateway.partner_center.transport import Transport, build_client
from tests.partner_center.raw_server import Answer, RawServer


@pytest.fixture(autouse=True)
def _retries_without_waiting() -> Iterator[None]:
    # Far above what the code asks for, so that it is the code's count that is seen.
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@pytest.fixture(autouse=True)
def _one_tls_context(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    # Reading the system's certificates takes 20 ms, which for each of some hundred clients is seconds.
    monkeypatch.setattr(ssl, "create_default_context", lambda **_options: tls)


@pytest.fixture
def operation() -> Operation:
    """An operation of the sandbox's first partner that may make 120 calls."""
    caller = Caller(Scope("public", tenant="", identity="token-of-tests"), "sandbox-partner-1")
    return Operation(caller, str(uuid.uuid4()), Deadline.after(30), Budget(120))


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., PartnerCenter]]:
    """Makes clients of an address, over real sockets unless given a transport."""
    async with AsyncExitStack() as open_clients:

        def connect(
            url: str,
            *,
            transport: httpx.AsyncBaseTransport | None = None,
            timeout_s: float = 5,
            phase_timeout_s: float | None = None,
            concurrency: int = 16,
            locale: str | None = None,
        ) -> PartnerCenter:
            http = build_client(
                url,
                timeout_s=phase_timeout_s or timeout_s,
                transport=transport or Transport(max_connections=concurrency),
            )
            open_clients.push_async_callback(http.aclose)
            client = PartnerCenter(http, CallersOwn(), timeout_s=timeout_s, concurrency=concurrency, locale=locale)
            open_clients.push_async_callback(client.aclose)
            return client

        yield connect


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer], object]]:
    """Starts raw servers."""
    async with AsyncExitStack() as servers:

        async def serve(answer: Answer) -> RawServer:
            return await servers.enter_async_context(RawServer(answer))

        yield serve
