"""Processes that are measured: a sandbox, gateways and baselines, each on the core it is given."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

import httpx

from tests.benchmarks.workloads import HEADERS
from tests.e2e.ports import closed_port
from tests.process_memory import resident_bytes

_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20
_POLL_S = 0.005
_KEPT_S = "3600"


class Cores(NamedTuple):
    """Who runs where.

    Attributes:
        servers: what is measured.
        others: upstream and callers; the same where there is only one.
    """

    servers: int
    others: int


def cores() -> Cores:
    usable = sorted(os.sched_getaffinity(0))
    return Cores(servers=usable[-1], others=usable[0])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Has this process, and what it starts meanwhile, run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A server process, ready.

    Args:
        arguments: of Python.
        environment: variables, beside this process's own without its settings of the gateway.
        port: on which it was told to listen.
        ready: path that answers 200 as soon as it is.
        core: where it runs.

    Attributes:
        name: in tables.
        url: where it listens.
        pid: of the process.
        started_s: seconds from its start until it was ready.
    """

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], *, port: int, ready: str, core: int
    ) -> None:
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
        begun_s = time.monotonic()
        with on_core(core):
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                env=inherited | environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.pid = self._process.pid
        try:
            self._wait(f"{self.url}{ready}", begun_s + _START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        self.started_s = time.monotonic() - begun_s

    def _wait(self, url: str, until_s: float) -> None:
        with httpx.Client(headers=HEADERS, trust_env=False) as http:
            while time.monotonic() < until_s and self._process.poll() is None:
                with suppress(httpx.TransportError):
                    if http.get(url).is_success:
                        return
                time.sleep(_POLL_S)
        raise RuntimeError(f"the {self.name} did not start")

    def resident_bytes(self) -> int:
        return resident_bytes(self.pid)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


def start_sandbox(core: int, *, invoices: int) -> Server:
    port = closed_port()
    arguments = ["-m", "gateway", "sandbox", "--port", f"{port}", "--invoices", f"{invoices}"]
    return Server("sandbox", arguments, {}, port=port, ready="/_sandbox/quirks", core=core)


def start_gateway(core: int, upstream_url: str, *, keeps: bool) -> Server:
    port = closed_port()
    environment = settings(upstream_url, port, keeps=keeps)
    return Server("gateway", ["-m", "gateway", "serve"], environment, port=port, ready="/readyz", core=core)


def settings(upstream_url: str, port: int, *, keeps: bool) -> dict[str, str]:
    """The gateway's, with windows that do not end during a run."""
    return {
        "GATEWAY_UPSTREAM_URL": upstream_url,
        "GATEWAY_PORT": f"{port}",
        "GATEWAY_CACHE_URL": "memory://" if keeps else "none://",
        "GATEWAY_LIST_FRESH_S": _KEPT_S,
        "GATEWAY_INVOICE_FRESH_S": _KEPT_S,
    }


def start_baseline(core: int, upstream_url: str, *, keeps: bool) -> Server:
    port = closed_port()
    arguments = ["-m", "uvicorn", "--factory", "tests.benchmarks.baseline:from_environment"]
    quiet = ["--port", f"{port}", "--no-access-log", "--log-level", "warning"]
    environment = {"BASELINE_UPSTREAM_URL": upstream_url, "BASELINE_KEEPS": "yes" if keeps else "no"}
    ready = "/graphql?query=%7B__typename%7D"
    return Server("baseline", arguments + quiet, environment, port=port, ready=ready, core=core)


# Both programs, the gateway first.
PROGRAMS = {"gateway": start_gateway, "baseline": start_baseline}
