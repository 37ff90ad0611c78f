"""How the tests here reach a sandbox: directly, or by way of uvicorn."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from gateway.sandbox import FIRST_PARTNER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette


def client_of(app: Starlette, token: str | None = FIRST_PARTNER_TOKEN) -> httpx.AsyncClient:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers)


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    response = await client.get(f"/v1/invoices{path}", params=params or None)
    assert response.status_code == 200, response.text
    return response.json()


async def put(client: httpx.AsyncClient, name: str, value: Any) -> httpx.Response:
    response = await client.put(f"/_sandbox/{name}", json=value)
    assert response.status_code == 200, response.text
    return response


@contextmanager
def served(app: Starlette, http: str) -> Iterator[str]:
    """Its base URL while uvicorn serves the app, with the HTTP parser of that name."""
    config = uvicorn.Config(
        app,
        port=0,
        http=http,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
