"""A real redis-server of a test's own: on a free loopback port, in a folder that goes with it."""

import socket
import subprocess
import time
from pathlib import Path

_START_TIMEOUT_S = 20


class RedisServer:
    """A server that a test may stop, freeze and start again on the same port.

    Args:
        program: path of redis-server.
        folder: for its files.
        options: further words of its command line.
    """

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._command = [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(folder)]
        self._command += options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
