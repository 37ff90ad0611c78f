"""A gateway's HTTP face, spoken to directly."""

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}


@pytest.fixture(scope="module")
async def app(_served_sandbox):
    """A gateway for all tests of a module: it keeps no answers."""
    app = create_app(
        Settings(
            upstream_url=_served_sandbox, cache_url="none://", playground=True, introspection=True, max_body_bytes=4096
        )
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def http(app):
    """Speaks to that gateway; every request has a token, and no header that its test does not give it."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        client.headers = TOKEN
        yield client
