"""Promises at their full figures: run by `tests/audits/run_promises`, never by a plain `pytest`."""

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
