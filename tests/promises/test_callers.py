"""What callers may do to a `gateway serve`, each row at its full figures."""

import asyncio
import json
import resource
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.server import serve_in_thread
from tests.load import TOKEN, load, percentile, truth_of
from tests.process_memory import MIB, PeakMemory, resident_bytes
from tests.raw_caller import RawCaller, head, request

PIECE = b" " * MIB


@pytest.fixture(autouse=True)
def _many_sockets():
    """Room for this process's own ends of all connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def gateway(start, sandbox):
    """A gateway as it comes, once warm."""
    started = start("serve", GATEWAY_PORT="0", GATEWAY_UPSTREAM_URL=sandbox.url)
    with RawCaller(started.url) as caller:
        assert [caller.ask().status for _ in range(20)] == [200] * 20
    return started


@pytest.mark.parametrize("chunked", [False, True], ids=["Content-Length", "chunked"])
def test_a_64_mb_body_is_a_413_within_3_s_and_takes_under_32_mb(gateway, chunked):
    """The caller sends all of it before it reads, as plain clients do."""
    memory = PeakMemory(gateway.popen.pid)
    with RawCaller(gateway.url) as caller:
        begun_s = time.monotonic()
        caller.send(head(Transfer_Encoding="chunked") if chunked else head(Content_Length=64 * MIB))
        for _ in range(64):
            caller.send(b"%x\r\n%b\r\n" % (MIB, PIECE) if chunked else PIECE)
        if chunked:
            caller.send(b"0\r\n\r\n")
        answer = caller.answer()
        took_s = time.monotonic() - begun_s
    growth_mib = memory.growth_bytes() / MIB
    print(f"413 after {took_s:.2f} s, memory + {growth_mib:.1f} MiB")

    assert (answer.status, answer.codes) == (413, ["BAD_REQUEST"])
    assert took_s < 3
    assert growth_mib < 32


def test_300_half_bodies_300_half_heads_and_300_idle_ones_are_closed_within_30_s_and_harm_nobody(gateway):
    memory = PeakMemory(gateway.popen.pid)
    halves = {
        "half a body": head(Content_Length=1000) + b'{"query": ',
        "half a head": head()[:-2],
        "nothing": b"",
        "nothing after an answer": request(),
    }
    times_s = []
    with ExitStack() as open_ones:
        callers = {
            name: [open_ones.enter_context(RawCaller(gateway.url, 60)) for _ in range(75 if "after" in name else 300)]
            for name in halves
        }
        for name, sent in halves.items():
            for caller in callers[name]:
                caller.send(sent)
        begun_s = time.monotonic()
        is_over = threading.Event()

        def ask_on():
            with RawCaller(gateway.url) as other:
                while not is_over.is_set():
                    asked_s = time.monotonic()
                    assert other.ask().status == 200
                    times_s.append(time.monotonic() - asked_s)
                    time.sleep(0.05)

        asking = threading.Thread(target=ask_on)
        asking.start()
        closed_s = {}
        for name, waiting in callers.items():
            for caller in waiting:
                caller.closed_after_s()
            closed_s[name] = time.monotonic() - begun_s
        is_over.set()
        asking.join()
    print(f"closed within {closed_s}; others: {len(times_s)} answers, longest {max(times_s):.2f} s")
    print(f"memory + {memory.growth_bytes() / MIB:.1f} MiB")

    assert max(closed_s.values()) < 30
    assert len(times_s) > 100
    assert max(times_s) < 2


def big_invoice(id_):
    """As Partner Center writes one, with a long list of details: about 50 KB."""
    link = f"/invoices/{id_}/lineitems/Azure/BillingLineItems"
    detail = {"invoiceLineItemType": "billing_line_items", "billingProvider": "azure"}
    detail["links"] = {"self": {"uri": link, "method": "GET", "headers": []}}
    return {
        "id": id_,
        "invoiceDate": "2026-05-15T00:00:00Z",
        "totalCharges": 1234.56,
        "paidAmount": 0.0,
        "currencyCode": "EUR",
        "currencySymbol": "€",
        "documentType": "invoice",
        "invoiceType": "Recurring",
        "invoiceDetails": [detail] * 250,
        "attributes": {"objectType": "Invoice"},
    }


async def answer_big(http):
    return Response(json.dumps(big_invoice(http.path_params["id"])), media_type="application/json")


def test_3000_large_invoices_take_under_40_mb_and_nothing_in_the_last_thousand(start):
    with serve_in_thread(Starlette(routes=[Route("/v1/invoices/{id}", answer_big)])) as upstream:
        gateway = start("serve", GATEWAY_PORT="0", GATEWAY_UPSTREAM_URL=upstream)
        with httpx.Client(base_url=gateway.url, headers=TOKEN) as http:
            assert http.get("/readyz").status_code == 200
            before = resident_bytes(gateway.popen.pid)
            after = []
            for number in range(3000):
                id_ = f"G{number:09}"
                query = {"query": f'{{invoice(id: "{id_}") {{id invoiceDetails {{billingProvider}}}}}}'}
                invoice = http.post("/graphql", json=query).json()["data"]["invoice"]
                assert (invoice["id"], len(invoice["invoiceDetails"])) == (id_, 250)
                if (number + 1) % 250 == 0:
                    after.append((resident_bytes(gateway.popen.pid) - before) / MIB)
    print("memory, MiB, after each 250:", *(f"{mib:.1f}" for mib in after))

    assert max(after) < 40
    assert after[-1] - after[7] < 2


def test_64_callers_in_a_closed_loop_get_no_broken_answer_and_99_in_100_within_2_s(gateway, sandbox):
    truth = truth_of(sandbox.url)
    until_s = time.monotonic() + 20
    outcomes = asyncio.run(load(gateway.url, truth, callers=64, goes_on=lambda: time.monotonic() < until_s))
    p99_s = percentile(outcomes, 0.99)
    print(f"{len(outcomes)} answers, p50 {percentile(outcomes, 0.5):.3f} s, p99 {p99_s:.3f} s")

    assert [outcome for outcome in outcomes if outcome.failed or outcome.wrong] == []
    assert p99_s < 2
