"""Processes of the gateway, as a person starts them."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_START_TIMEOUT_S = 120
_STOP_TIMEOUT_S = 20


class GatewayProcess:
    """A running `gateway` command.

    Attributes:
        url: the first address that it printed.
        output: what it has printed so far.
    """

    def __init__(self, *arguments: str, **settings: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "gateway", *arguments],
            env=_environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self.url = ""
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._told.wait(_START_TIMEOUT_S) or not self.url:
            self.stop()
            raise RuntimeError(f"gateway {' '.join(arguments)} did not start:\n{self.output}")

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.output += line
            found = re.search(r'http://[^\s/"]+', line)
            if found and not self.url:
                self.url = found[0]
                self._told.set()
        self._told.set()

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """End it as a person would, and its exit code."""
        self.popen.send_signal(sent)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        try:
            code = self.popen.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            raise
        self._reader.join()
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return code


def run_gateway(*arguments: str, **settings: str) -> tuple[int, str]:
    """Runs a command to its end: its exit code, and all that it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env=_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_START_TIMEOUT_S,
        check=False,
    )
    return ended.returncode, ended.stdout


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's own environment with these settings of the gateway, and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")} | settings


@contextmanager
def gateway_commands() -> Iterator[Callable[..., GatewayProcess]]:
    """Starts `gateway` commands: arguments as words, settings as GATEWAY_ variables. They end with the block."""
    running: list[GatewayProcess] = []

    def start_one(*arguments: str, **settings: Any) -> GatewayProcess:
        process = GatewayProcess(*arguments, **settings)
        running.append(process)
        return process

    yield start_one
    for process in running:
        if process.popen.poll() is None:
            process.stop()
