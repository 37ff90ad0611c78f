"""Waiting for what another process does."""

import time
from collections.abc import Callable

import httpx

from tests.sandbox_control import SandboxControl


def wait_for(condition: Callable[[], bool], timeout_s: float) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, f"it did not happen within {timeout_s} s"
        time.sleep(0.02)


def in_flight(sandbox: SandboxControl) -> int:
    """Upstream calls that are under way."""
    under_way: int = httpx.get(f"{sandbox.url}/_sandbox/requests").json()["inFlight"]
    return under_way
