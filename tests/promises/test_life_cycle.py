"""From the signal to the end of the process: who is answered, who is told to go elsewhere, and how long it takes."""

import json
import resource
import signal
import time
from contextlib import ExitStack

import httpx
import pytest

from tests.e2e.waiting import in_flight, wait_for
from tests.raw_caller import RawCaller, head, request

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
DOCUMENTS = [f'{{"query": "{{invoice(id: \\"G0001{number:05}\\") {{id}}}}"}}' for number in range(1, 21)]


@pytest.fixture
def serve(start, sandbox):
    """Starts `gateway serve` in front of the sandbox."""

    def serve_one(**settings):
        return start("serve", GATEWAY_PORT="0", GATEWAY_UPSTREAM_URL=sandbox.url, **settings)

    return serve_one


def logged(gateway, level):
    return [line for line in map(json.loads, gateway.output.splitlines()) if line["level"] == level]


def test_at_sigterm_twenty_of_twenty_in_flight_are_answered_and_new_ones_refused(serve, sandbox):
    sandbox.faults({"latency_ms": 1500})
    gateway = serve(GATEWAY_UPSTREAM_CONCURRENCY="32")
    with ExitStack() as open_ones:
        callers = [open_ones.enter_context(RawCaller(gateway.url)) for _ in DOCUMENTS]
        for caller, document in zip(callers, DOCUMENTS, strict=True):
            caller.send(request(document))
        wait_for(lambda: in_flight(sandbox) == 20, 10)
        gateway.popen.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(gateway.url), 1)
        answers = [caller.answer() for caller in callers]
    code = gateway.wait()

    assert [answer.status for answer in answers] == [200] * 20
    assert [json.loads(answer.body) for answer in answers] == [
        {"data": {"invoice": {"id": f"G0001{number:05}"}}} for number in range(1, 21)
    ]
    assert {answer.headers["connection"] for answer in answers} == {"close"}
    assert code == 0
    assert logged(gateway, "error") == []


def is_refused(url):
    try:
        RawCaller(url).socket.close()
    except ConnectionRefusedError:
        return True
    return False


def test_with_an_upstream_that_dribbles_the_process_ends_soon_after_the_deadline(serve, sandbox):
    sandbox.faults({"drip_bytes_per_s": 1})
    gateway = serve(GATEWAY_DEADLINE_S="1")
    with RawCaller(gateway.url) as caller:
        caller.send(request())
        wait_for(lambda: in_flight(sandbox) == 1, 10)
        begun_s = time.monotonic()
        code = gateway.stop()
        took_s = time.monotonic() - begun_s
        answer = caller.answer()

    assert (answer.status, answer.codes) == (200, ["UPSTREAM_TIMEOUT"])
    assert code == 0
    assert took_s < 1 + 5


def test_callers_that_dribble_or_do_not_go_away_hold_no_process(serve, sandbox):
    gateway = serve(GATEWAY_DEADLINE_S="1")
    with RawCaller(gateway.url) as idle, RawCaller(gateway.url) as half_head, RawCaller(gateway.url) as half_body:
        assert idle.ask().status == 200
        half_head.send(head()[:-2])
        half_body.send(head(Content_Length=100) + b"{")
        time.sleep(0.2)
        begun_s = time.monotonic()
        code = gateway.stop()

        assert time.monotonic() - begun_s < 1 + 5
        assert code == 0
        assert half_body.answer().codes == ["OVERLOADED"]
    assert logged(gateway, "error") == []


def test_while_it_drains_it_listens_and_answers_and_readyz_tells_load_balancers_to_go_elsewhere(serve, sandbox):
    gateway = serve(GATEWAY_DRAIN_S="2")
    ready = httpx.get(f"{gateway.url}/readyz")
    with RawCaller(gateway.url) as kept:
        before = kept.ask()
        begun_s = time.monotonic()
        gateway.popen.send_signal(signal.SIGTERM)
        wait_for(lambda: httpx.get(f"{gateway.url}/readyz").status_code == 503, 1)
        draining = httpx.get(f"{gateway.url}/readyz")
        alive = httpx.get(f"{gateway.url}/livez")
        fresh = httpx.post(
            f"{gateway.url}/graphql", content=DOCUMENTS[0], headers=TOKEN | {"Content-Type": "application/json"}
        )
        during = kept.ask()
        kept_closed_s = kept.closed_after_s()
    code = gateway.wait()
    took_s = time.monotonic() - begun_s

    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "checks": {"cache": "ok"}})
    assert (draining.status_code, draining.json()) == (503, {"status": "draining", "checks": {"cache": "ok"}})
    assert alive.status_code == 200
    assert fresh.json() == {"data": {"invoice": {"id": "G000100001"}}}
    assert (before.status, before.headers.get("connection")) == (200, None)
    assert (during.status, during.headers["connection"]) == (200, "close")
    assert kept_closed_s < 1
    assert code == 0
    assert 1.9 < took_s < 10


def test_when_listening_has_ended_those_who_are_connected_are_told_so_in_the_shape_of_errors(serve, sandbox):
    gateway = serve()
    with ExitStack() as open_ones:
        asking, operation, readiness, liveness = (open_ones.enter_context(RawCaller(gateway.url)) for _ in range(4))
        assert [caller.ask().status for caller in (operation, readiness, liveness)] == [200] * 3
        sandbox.faults({"latency_ms": 1500})
        asking.send(request(DOCUMENTS[0]))
        wait_for(lambda: in_flight(sandbox) == 1, 10)
        gateway.popen.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(gateway.url), 1)
        operation.send(request(DOCUMENTS[1]))
        readiness.send(head("GET", "/readyz"))
        liveness.send(head("GET", "/livez"))
        refused, unready, alive = operation.answer(), readiness.answer(), liveness.answer()
        answered = asking.answer()
    code = gateway.wait()

    assert (refused.status, refused.codes) == (503, ["OVERLOADED"])
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
    assert (unready.status, json.loads(unready.body)["status"]) == (503, "draining")
    assert alive.status == 200
    assert json.loads(answered.body) == {"data": {"invoice": {"id": "G000100001"}}}
    assert code == 0
    assert sandbox.calls()[-1] == "/v1/invoices/G000100001"


def test_a_process_that_may_open_few_files_is_given_as_many_as_it_may_have_callers(serve):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        gateway = serve()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert resource.prlimit(gateway.popen.pid, resource.RLIMIT_NOFILE) == (1000 + 16 + 256, hard)


def test_a_second_ctrl_c_waits_for_nothing(serve, sandbox):
    sandbox.faults({"hang": True})
    gateway = serve(GATEWAY_DRAIN_S="60")
    with RawCaller(gateway.url) as caller:
        caller.send(request())
        wait_for(lambda: in_flight(sandbox) == 1, 10)
        gateway.popen.send_signal(signal.SIGINT)
        time.sleep(0.5)
        begun_s = time.monotonic()
        code = gateway.stop(signal.SIGINT)
        took_s = time.monotonic() - begun_s

    assert code == 0
    assert took_s < 5
