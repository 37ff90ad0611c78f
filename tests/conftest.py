"""What every test may use: programs, a served sandbox, and gateways in front of it."""

import asyncio
import importlib
import importlib.metadata
import os
import pkgutil
import shutil
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AsyncExitStack, nullcontext
from typing import Any

import httpx
import pytest

import gateway
from gateway.app import create_app
from gateway.sandbox import create_sandbox
from gateway.sandbox.authority import make_tls
from gateway.sandbox.server import serve_in_thread
from gateway.settings import Settings
from tests.gateway_client import GatewayClient
from tests.sandbox_control import SandboxControl
from tests.untraced import untraced


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Untraced, but for the gateway's own modules: to rewrite the assertions of hundreds of files takes seconds."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if not module.name.startswith(("gateway.__main__", "gateway._build")):
            importlib.import_module(module.name)
    with untraced():
        return (yield)


def pytest_report_header() -> str:
    names = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "httpx", "aiohttp", "aiocache")
    return "versions: " + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session", autouse=True)
def _one_trusted_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Puts one authority, which signs for nobody, in the place of the system's, here and in processes started here.

    Reading the system's takes 20 ms, which for each gateway and each client of some thousand tests is a minute.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(make_tls(tmp_path_factory.mktemp("trusted")).ca))
        environment.delenv("SSL_CERT_DIR", raising=False)
        yield


@pytest.fixture(scope="session", name="need")
def _need() -> Callable[[str], str]:
    """Where a program is; without it the test is skipped, or fails under REQUIRE_ALL=1."""

    def need(program: str) -> str:
        path = shutil.which(program)
        if path is None:
            if os.environ.get("REQUIRE_ALL") == "1":
                pytest.fail(f"{program} is not installed, and REQUIRE_ALL=1 asks for every test")
            pytest.skip(f"{program} is not installed")
        return path

    return need


@pytest.fixture(scope="session")
def _served_sandbox() -> Iterator[str]:
    with serve_in_thread(create_sandbox()) as url:
        yield url


@pytest.fixture
def sandbox(_served_sandbox: str) -> Iterator[SandboxControl]:
    """A Partner Center of 240 invoices over real HTTP, with an empty journal and no faults."""
    with SandboxControl(_served_sandbox) as control:
        control.reset("requests")
        yield control
        # Before tests that use the sandbox without this fixture.
        control.reset("faults", "quirks")


@pytest.fixture
async def start_gateway(sandbox: SandboxControl) -> AsyncIterator[Callable[..., Any]]:
    """Starts gateways in front of the sandbox; settings by name, `token` for every request (None: no token).

    Answers age by `clock`, where one is given.
    """
    async with AsyncExitStack() as running:

        async def start(
            token: str | None = "sandbox-partner-1", clock: Callable[[], float] = time.time, **settings: Any
        ) -> GatewayClient:
            # Where nothing is set, the lines are those of all others that start.
            with nullcontext() if settings else untraced():
                given = Settings(**({"upstream_url": sandbox.url, "introspection": True} | settings))
                app = create_app(given, clock=clock)
            await running.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")
            await running.enter_async_context(client)
            return GatewayClient(client, token)

        yield start
    # Connections that were just closed end in the loop's next turns.
    await asyncio.sleep(0)
