"""Serves an application on a free loopback port, in a thread beside the caller's own work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

_START_TIMEOUT_S = 30


@contextmanager
def serve_in_thread(app: Any) -> Iterator[str]:
    """The address of a server that runs until the block ends.

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
    )
    listening = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="sandbox", daemon=True)
    thread.start()
    try:
        until = time.monotonic() + _START_TIMEOUT_S
        while not server.started:
            if time.monotonic() > until or not thread.is_alive():
                raise TimeoutError("the server did not start")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
