"""Serves an application on a free loopback port, in a thread beside the caller's own work."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from gateway.sandbox.authority import Tls

_START_TIMEOUT_S = 30


@contextmanager
def serve_in_thread(app: Any, *, tls: Tls | None = None) -> Iterator[str]:
    """The address of a server that runs until the block ends.

    Args:
        app: The ASGI application.
        tls: What it is served over TLS with; None serves plain HTTP.

    Raises:
        TimeoutError: it did not start.
    """
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    listening = config.bind_socket()
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="sandbox", daemon=True)
    thread.start()
    try:
        until = time.monotonic() + _START_TIMEOUT_S
        while not server.started:
            if time.monotonic() > until or not thread.is_alive():
                raise TimeoutError("the server did not start")
            time.sleep(0.01)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    """Ends though clients keep connections over TLS.

    Those are closed only once the client has agreed, and an idle client does not listen: uvicorn would wait for the
    whole of its graceful time-out, and leave them open (asyncio) or never end (uvloop 0.23, warnings as errors).
    """

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.is_ssl:
            for connection in list(self.server_state.connections):
                connection.shutdown()
                if connection.transport.is_closing():
                    connection.transport.abort()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # What was aborted is told so in the loop's next turn.
        await asyncio.sleep(0)
