"""One request through an ASGI application, without a socket."""

import asyncio
from typing import Any

from tests.benchmarks.workloads import HEADERS


async def ask(app: Any, body: str) -> bytes:
    """The body of a 200.

    Args:
        app: an ASGI application.
        body: of a POST to `/graphql`.
    """
    sent = body.encode()
    headers = HEADERS | {"Host": "gateway", "Content-Length": f"{len(sent)}"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    received = False
    answer: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal received
        if received:
            await asyncio.Event().wait()  # The caller stays until it is cancelled.
        received = True
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    await app(scope, receive, send)
    if answer[0]["status"] != 200:
        raise RuntimeError(f"{answer[0]['status']}: {answer[1:]}")
    return b"".join(message.get("body", b"") for message in answer[1:])
