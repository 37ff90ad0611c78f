"""Processes of the gateway, as a person starts them."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

_START_TIMEOUT_S = 60


class Process:
    """A running `gateway` command.

    Attributes:
        url: the first address that it printed.
        output: what it has printed so far.
    """

    def __init__(self, *arguments: str, **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "gateway", *arguments],
            env=environment | settings,
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
            pytest.fail(f"gateway {' '.join(arguments)} did not start:\n{self.output}")

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.output += line
            found = re.search(r"http://[^\s/]+", line)
            if found and not self.url:
                self.url = found[0]
                self._told.set()
        self._told.set()

    def stop(self) -> int:
        """End it as a person would, and its exit code."""
        self.popen.terminate()
        code = self.popen.wait(20)
        self._reader.join()
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return code


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts `gateway` commands: arguments as words, settings as GATEWAY_ variables."""
    running: list[Process] = []

    def start_one(*arguments: str, **settings: Any) -> Process:
        process = Process(*arguments, **settings)
        running.append(process)
        return process

    yield start_one
    for process in running:
        if process.popen.poll() is None:
            process.stop()


@pytest.fixture(scope="module")
def demo() -> Iterator[Process]:
    """A running `gateway demo`."""
    process = Process("demo", "--port", "0")
    yield process
    process.stop()
