"""A sandbox and a client of its first partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox_calls import client_of

from gateway.sandbox import create_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from starlette.applications import Starlette


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def app() -> Starlette:
    return create_sandbox()


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client
