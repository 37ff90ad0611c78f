"""Single figures: start, memory at rest, the cold page, and calls for callers who ask the same at once."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import httpx

from tests.benchmarks.answers import refuse_different
from tests.benchmarks.processes import PROGRAMS, Cores, Server, running, start_sandbox
from tests.benchmarks.under_load import upstream_calls_per_request
from tests.benchmarks.workloads import HEADERS, first_page, invoice_ids, one_invoice
from tests.sandbox_control import SandboxControl

LATENCY_MS = 20
PAGE = 50

# One page of upstream's collection, so that reading it is one call.
_INVOICES = 240
_COLLECTION = "/v1/invoices?size=500&offset=0"
_REST_S = 0.5


class Figures(NamedTuple):
    """Of one program, each the median of its rounds where there are several.

    Attributes:
        started_s: from the start of the process to ready.
        resting_bytes: resident memory after the start and one answer.
        one_call_s: the collection, read from upstream with its latency by a client that does nothing with it.
        page_s: the first page of invoices with details, cold, upstream with its latency; p50 of one client.
        shared_calls: upstream calls for each request of 64 identical callers, by upstream's latency in ms.
    """

    started_s: list[float]
    resting_bytes: list[int]
    one_call_s: list[float]
    page_s: list[float]
    shared_calls: dict[int, list[float]]


def measure(on: Cores, *, rounds: int, seconds: float) -> dict[str, Figures]:
    """The figures of each program, which keeps nothing.

    Args:
        on: where who runs.
        rounds: of each.
        seconds: of one turn.
    """
    figures = {name: Figures([], [], [], [], {0: [], LATENCY_MS: []}) for name in PROGRAMS}
    with running(start_sandbox(on.others, invoices=_INVOICES)) as sandbox, SandboxControl(sandbox.url) as control:
        one = one_invoice(invoice_ids(sandbox.url)[0])
        for _round in range(rounds):
            with ExitStack() as stack:
                servers = {}
                for name, start in PROGRAMS.items():
                    server = stack.enter_context(running(start(on.servers, sandbox.url, keeps=False)))
                    servers[name] = server
                    figures[name].started_s.append(server.started_s)
                    _ask(server, one)
                    time.sleep(_REST_S)
                    figures[name].resting_bytes.append(server.resident_bytes())
                refuse_different("a page", *(_ask(server, first_page(PAGE)) for server in servers.values()))
                for name, server in servers.items():
                    with _latency(control):
                        figures[name].one_call_s.append(_p50_s(_reading(sandbox), seconds / 2))
                        figures[name].page_s.append(_p50_s(_paging(server), seconds / 2))
                        shared = upstream_calls_per_request(server, sandbox, one, on, seconds / 2)
                        figures[name].shared_calls[LATENCY_MS].append(shared)
                    shared = upstream_calls_per_request(server, sandbox, one, on, seconds / 2)
                    figures[name].shared_calls[0].append(shared)
    return figures


@contextmanager
def _latency(control: SandboxControl) -> Iterator[None]:
    control.faults({"path": "/v1/*", "latency_ms": LATENCY_MS})
    try:
        yield
    finally:
        control.reset("faults")


def _ask(server: Server, request: str) -> bytes:
    with httpx.Client(headers=HEADERS, timeout=60, trust_env=False) as http:
        return http.post(f"{server.url}/graphql", content=request).raise_for_status().content


def _reading(sandbox: Server) -> Callable[[httpx.Client], httpx.Response]:
    return lambda http: http.get(f"{sandbox.url}{_COLLECTION}")


def _paging(server: Server) -> Callable[[httpx.Client], httpx.Response]:
    return lambda http: http.post(f"{server.url}/graphql", content=first_page(PAGE))


def _p50_s(call: Callable[[httpx.Client], httpx.Response], seconds: float) -> float:
    took_s = []
    with httpx.Client(headers=HEADERS, timeout=60, trust_env=False) as http:
        call(http).raise_for_status()
        until_s = time.monotonic() + seconds
        while not took_s or time.monotonic() < until_s:
            at_s = time.perf_counter()
            call(http).raise_for_status()
            took_s.append(time.perf_counter() - at_s)
    return statistics.median(took_s)
