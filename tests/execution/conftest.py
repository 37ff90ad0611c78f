"""Gateways for tests of what never runs."""

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.web.error_shape import GRAPHQL


@pytest.fixture(scope="module")
async def http():
    """Speaks to a gateway whose upstream must not be called."""
    calls = []

    def refuse(request):
        calls.append(str(request.url))
        raise httpx.ConnectError("upstream must not be called", request=request)

    app = create_app(Settings(introspection=True), transport=httpx.MockTransport(refuse))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        client.headers = {"Authorization": "Bearer x", "Accept": GRAPHQL}
        yield client

    assert calls == []
