"""Processes of the gateway, as a person starts them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.gateway_process import GatewayProcess


@pytest.fixture
def start() -> Iterator[Callable[..., GatewayProcess]]:
    """Starts `gateway` commands: arguments as words, settings as GATEWAY_ variables."""
    running: list[GatewayProcess] = []

    def start_one(*arguments: str, **settings: Any) -> GatewayProcess:
        process = GatewayProcess(*arguments, **settings)
        running.append(process)
        return process

    yield start_one
    for process in running:
        if process.popen.poll() is None:
            process.stop()


@pytest.fixture(scope="module")
def demo() -> Iterator[GatewayProcess]:
    """A running `gateway demo`."""
    process = GatewayProcess("demo", "--port", "0")
    yield process
    process.stop()
