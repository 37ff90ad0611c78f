"""Whole servers under load: CPU time for a request first, since it is steadier than time on a shared machine."""

import itertools
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

import httpx
import msgspec

from tests.benchmarks.answers import DifferentAnswersError, refuse_different
from tests.benchmarks.callers import Job, Outcome
from tests.benchmarks.processes import PROGRAMS, Cores, Server, on_core, running
from tests.benchmarks.workloads import HEADERS, Workload, invoice_ids, under_load
from tests.sandbox_control import SandboxControl

# Few where nothing is kept: the sandbox is a Python program too, and all callers' calls queue there.
CALLERS = {True: 16, False: 4}
_REQUESTS = {True: 20, False: 200}
# Where all are kept, each must have been asked for once.
_COMPARED = {True: 20, False: 4}
_COMPARED_AGAIN = 2
_WARM_UP_S = 0.3


class Case(NamedTuple):
    """What is measured.

    Attributes:
        workload: its name.
        keeps: whether what is asked for was asked before, and is kept; else nothing is ever kept.
        program: which.
    """

    workload: str
    keeps: bool
    program: str


class Round(NamedTuple):
    """How one turn went.

    Attributes:
        outcome: as callers saw it.
        cpu_s_per_1000: of the server, for a thousand requests like them.
    """

    outcome: Outcome
    cpu_s_per_1000: float


class Requests(NamedTuple):
    """What callers ask.

    Attributes:
        bodies: in turn.
        known: the answers to the first of them.
    """

    bodies: list[str]
    known: list[str]


Rounds = dict[Case, list[Round]]


def measure(sandbox: Server, on: Cores, *, rounds: int, seconds: float) -> tuple[Rounds, list[Workload]]:
    """Each workload against each program, in turns.

    Args:
        sandbox: upstream.
        on: where who runs.
        rounds: in each of which every case has its turn.
        seconds: of one turn; requests under way at its end are waited for.
    """
    ids = invoice_ids(sandbox.url)
    workloads = {keeps: under_load(ids, count=_REQUESTS[keeps]) for keeps in (False, True)}
    found: Rounds = {}
    with ExitStack() as stack:
        servers = {
            (name, keeps): stack.enter_context(running(start(on.servers, sandbox.url, keeps=keeps)))
            for name, start in PROGRAMS.items()
            for keeps in (False, True)
        }
        known: dict[Case, list[str]] = {}
        for keeps in (False, True):
            both = [servers[name, keeps] for name in PROGRAMS]
            for workload in workloads[keeps]:
                answers = _compare(workload.name, workload.requests[: _COMPARED[keeps]], *both)
                _compare(workload.name, workload.requests[:_COMPARED_AGAIN], *both)
                known |= {Case(workload.name, keeps, name): answers[name] for name in PROGRAMS}
        for number, keeps in itertools.product(range(rounds), (False, True)):
            for workload in workloads[keeps]:
                # Whoever was second is first in the next round.
                for name in list(PROGRAMS)[:: -1 if number % 2 else 1]:
                    case = Case(workload.name, keeps, name)
                    requests = Requests(workload.requests, known[case])
                    outcome = load(servers[name, keeps], requests, on, callers=CALLERS[keeps], seconds=seconds)
                    found.setdefault(case, []).append(Round(outcome, outcome.server_cpu_s / outcome.count * 1000))
    return found, workloads[True]


def load(
    server: Server, requests: Requests, on: Cores, *, callers: int, seconds: float, warm_up_s: float = _WARM_UP_S
) -> Outcome:
    """What became of requests in a closed loop.

    Raises:
        DifferentAnswersError: not all answers were right.
    """
    job = Job(server.port, server.pid, HEADERS, *requests, callers, warm_up_s, seconds)
    with on_core(on.others):
        ended = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.callers"],
            input=msgspec.json.encode(job),
            stdout=subprocess.PIPE,
            check=True,
        )
    outcome = msgspec.json.decode(ended.stdout, type=Outcome)
    if outcome.failed:
        raise DifferentAnswersError(f"the {server.name} gave {outcome.failed} wrong answers of {outcome.count}")
    return outcome


def upstream_calls_per_request(server: Server, sandbox: Server, request: str, on: Cores, seconds: float) -> float:
    """For 64 callers who all ask the same."""
    with SandboxControl(sandbox.url) as control:
        control.reset("requests")
        outcome = load(server, Requests([request], []), on, callers=64, seconds=seconds, warm_up_s=0)
        count: int = httpx.get(f"{sandbox.url}/_sandbox/requests", timeout=60).json()["count"]
    return count / outcome.count


def _compare(name: str, requests: Sequence[str], ours: Server, theirs: Server) -> dict[str, list[str]]:
    """The answers of both, by name, which say the same."""
    answers: dict[str, list[str]] = {ours.name: [], theirs.name: []}
    with httpx.Client(headers=HEADERS, timeout=60, trust_env=False) as http:
        for request in requests:
            both = [http.post(f"{server.url}/graphql", content=request).content for server in (ours, theirs)]
            refuse_different(name, *both)
            answers[ours.name].append(both[0].decode())
            answers[theirs.name].append(both[1].decode())
    return answers
