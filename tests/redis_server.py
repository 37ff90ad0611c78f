"""A real redis-server of a test's own: on a free loopback port, in a folder that goes with it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from gateway.sandbox.authority import Tls

_START_TIMEOUT_S = 20


class RedisServer:
    """A server that a test may stop, freeze and start again on the same port.

    Args:
        program: path of redis-server.
        folder: for its files.
        options: further words of its command line.
        tls: what it shows and proves itself with; None serves without TLS.
    """

    def __init__(self, program: str, folder: Path, *options: str, tls: Tls | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        port = ["--port", str(self.port)]
        if tls is not None:
            port = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            port += ["--tls-cert-file", str(tls.certificate), "--tls-key-file", str(tls.key)]
            port += ["--tls-ca-cert-file", str(tls.ca)]
        self._command = [program, "--bind", "127.0.0.1", *port, "--save", "", "--dir", str(folder), *options]
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

    def freeze(self) -> None:
        """Let it keep its connections and take new ones, and answer nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server is not started"
        os.kill(self._process.pid, number)
