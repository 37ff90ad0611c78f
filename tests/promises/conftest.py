"""Promises at their full figures: run by `tests/audits/run_promises`, never by a plain `pytest`."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.gateway_process import GatewayProcess, gateway_commands


@pytest.fixture
def start() -> Iterator[Callable[..., GatewayProcess]]:
    """Starts `gateway` commands, which end with the test."""
    with gateway_commands() as start_one:
        yield start_one
