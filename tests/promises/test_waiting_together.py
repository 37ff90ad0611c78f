"""Callers who need the same answer at the same moment, over real connections, some of whom leave."""

import json
import time
from contextlib import ExitStack

import pytest

from tests.e2e.gateway_process import GatewayProcess
from tests.e2e.waiting import in_flight, wait_for
from tests.raw_caller import RawCaller, request


@pytest.fixture(scope="module")
def served(_served_sandbox):
    """A running `gateway serve` in front of the sandbox; each test asks for another invoice."""
    process = GatewayProcess("serve", "--port", "0", GATEWAY_UPSTREAM_URL=_served_sandbox)
    yield process
    process.stop()


def asking_for(id_):
    return request(f'{{"query": "{{invoice(id: \\"{id_}\\") {{id}}}}"}}')


@pytest.mark.parametrize(
    ("leaving", "id_", "latency_ms"),
    # Who stays must be waiting before the others leave, on a busy machine too.
    [(0, "G000100001", 800), (1, "G000100002", 800), (199, "G000100003", 2500)],
    ids=["nobody leaves", "the first leaves", "all but the last leave"],
)
def test_two_hundred_at_once_for_one_cold_key_cost_one_call_whoever_leaves(served, sandbox, leaving, id_, latency_ms):
    sandbox.faults({"latency_ms": latency_ms})
    with ExitStack() as open_ones:
        callers = [open_ones.enter_context(RawCaller(served.url)) for _ in range(200)]
        callers[0].send(asking_for(id_))
        wait_for(lambda: in_flight(sandbox) == 1, 10)
        for caller in callers[1:]:
            caller.send(asking_for(id_))
        time.sleep(0.6 * latency_ms / 1000)
        for caller in callers[:leaving]:
            caller.socket.close()
        answers = [json.loads(caller.answer().body) for caller in callers[leaving:]]

    assert answers == [{"data": {"invoice": {"id": id_}}}] * (200 - leaving)
    assert sandbox.calls() == [f"/v1/invoices/{id_}"]


def test_when_all_who_wait_have_left_the_call_ends_within_a_second(served, sandbox):
    sandbox.faults({"hang": True})
    with ExitStack() as open_ones:
        callers = [open_ones.enter_context(RawCaller(served.url)) for _ in range(20)]
        for caller in callers:
            caller.send(asking_for("G000100004"))
        wait_for(lambda: in_flight(sandbox) == 1, 10)
        time.sleep(0.3)

    wait_for(lambda: in_flight(sandbox) == 0, 1)
