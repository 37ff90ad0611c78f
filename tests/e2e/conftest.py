"""Processes of the gateway, as a person starts them."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.gateway_process import GatewayProcess, gateway_commands


@pytest.fixture
def start() -> Iterator[Callable[..., GatewayProcess]]:
    """Starts `gateway` commands, which end with the test."""
    with gateway_commands() as start_one:
        yield start_one


@pytest.fixture(scope="module")
def demo() -> Iterator[GatewayProcess]:
    """A running `gateway demo`."""
    process = GatewayProcess("demo", "--port", "0")
    yield process
    process.stop()
