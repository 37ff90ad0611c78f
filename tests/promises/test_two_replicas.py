"""Two replicas behind Debian's nginx with one Redis, of which one is killed under load."""

import asyncio
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.e2e.ports import closed_port
from tests.e2e.waiting import wait_for
from tests.load import TOKEN, load, truth_of
from tests.redis_server import RedisServer

pytestmark = pytest.mark.redis

CALLERS = 32


@pytest.fixture
def redis(need, tmp_path):
    server = RedisServer(need("redis-server"), tmp_path)
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture
def replicas(start, sandbox, redis):
    """Two gateways that keep what they read for longer than the test takes."""
    return [
        start(
            "serve",
            GATEWAY_PORT="0",
            GATEWAY_UPSTREAM_URL=sandbox.url,
            GATEWAY_CACHE_URL=redis,
            GATEWAY_INVOICE_FRESH_S="600",
            GATEWAY_LIST_FRESH_S="600",
        )
        for _ in range(2)
    ]


class Nginx:
    """The replicas' one address.

    Attributes:
        url: that address.
    """

    def __init__(self, program, folder, replicas):
        port = closed_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "access.log"
        text = Path(__file__).with_name("nginx.conf").read_text(encoding="utf-8")
        filled_in = {"FOLDER": str(folder), "LISTEN": f"127.0.0.1:{port}"}
        filled_in |= {f"REPLICA_{number}": address(replica) for number, replica in enumerate(replicas, 1)}
        for name, value in filled_in.items():
            text = text.replace(f"@{name}@", value)
        conf = folder / "nginx.conf"
        conf.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "-p", str(folder), "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: answers(port), 10)

    def log(self):
        """How often each replica was asked last, by status: `{("200", "127.0.0.1:8000"): 17}`."""
        whole_lines = self._log.read_text(encoding="utf-8").rpartition("\n")[0]
        lines = (line.split(" ", 1) for line in whole_lines.splitlines())
        return Counter((status, tried) for status, tried in lines)


def address(replica):
    return replica.url.removeprefix("http://")


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture
def nginx(need, tmp_path, replicas):
    folder = tmp_path / "nginx"
    folder.mkdir()
    started = Nginx(need("nginx"), folder, replicas)
    yield started
    started.process.terminate()
    started.process.wait(10)


def test_one_of_two_killed_under_load_costs_no_more_than_what_was_in_flight_on_it(nginx, replicas, sandbox):
    dead, alive = replicas
    truth = dict(list(truth_of(sandbox.url).items())[:60])
    for id_ in truth:  # All through one replica: what the other knows, it has from Redis.
        query = {"query": f'{{invoice(id: "{id_}") {{id totalCharges currencyCode}}}}'}
        assert httpx.post(f"{dead.url}/graphql", json=query, headers=TOKEN).status_code == 200
    sandbox.take_calls()
    moments = {}
    is_over = threading.Event()

    def answered_by(replica):
        return nginx.log()["200", address(replica)]

    async def load_and_kill():
        loading = asyncio.create_task(load(nginx.url, truth, callers=CALLERS, goes_on=lambda: not is_over.is_set()))
        try:
            await asyncio.to_thread(wait_for, lambda: min(map(answered_by, replicas)) > CALLERS, 60)
            moments["killed_s"] = time.monotonic()
            dead.popen.send_signal(signal.SIGKILL)
            await asyncio.sleep(1)
            so_far = answered_by(alive)
            await asyncio.to_thread(wait_for, lambda: answered_by(alive) > so_far + 3 * CALLERS, 60)
        finally:
            is_over.set()
        return await loading

    outcomes = asyncio.run(load_and_kill())
    dead.wait()
    failed = [outcome for outcome in outcomes if outcome.failed]
    after = [outcome for outcome in outcomes if outcome.at_s > moments["killed_s"] + 1]
    log = nginx.log()
    print(f"{len(outcomes)} requests, {len(failed)} failed, {len(after)} after the kill: {dict(log)}")

    assert [outcome.wrong for outcome in outcomes if outcome.wrong] == []
    assert {outcome.failed for outcome in failed} <= {"502"}
    assert {tried for (status, tried) in log if status == "502"} <= {address(dead)}
    # One request each may be in flight: no caller fails twice.
    assert max(Counter(outcome.caller for outcome in failed).values(), default=0) <= 1
    assert [outcome.failed for outcome in after if outcome.failed] == []
    assert len(after) > CALLERS
    assert sandbox.calls() == []
