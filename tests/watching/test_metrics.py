"""What /metrics says after a known run, where it is, and that its labels are few."""

import asyncio
import re

import pytest

from gateway.settings import Settings, SettingsError
from gateway.watching.exposition import Exposition
from gateway.watching.metrics import METRICS, Tally
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio

ONE = '{invoice(id: "G000100001") {id}}'
TIMES = re.compile(r"_(sum|bucket)\{|^process_|^#|^gateway_unknown")


async def exposed(gateway):
    """What is exposed, without times, and without what belongs to the process."""
    text = (await gateway.http.get("/metrics")).text
    return [line.removesuffix(".0") for line in text.splitlines() if not TIMES.search(line)]


async def test_a_run_is_counted_exactly(start_gateway, sandbox):
    clock = FakeClock()
    gateway = await start_gateway(metrics=True, clock=clock)
    await asyncio.gather(gateway.ask(ONE), gateway.ask(ONE))
    await gateway.ask(ONE)
    await gateway.ask("query A" + ONE)
    await gateway.ask('{invoice(id: "G999999999") {id}}')
    await gateway.errors("{nothing}")
    await gateway.http.post("/graphql", json={"query": ONE})
    clock.now_s += 400
    sandbox.faults({"status": 500})
    assert await reason(gateway, "query Stale" + ONE) == "RENEWING"
    assert await gateway.errors("{invoiceSummaries {totalCount}}") == [(["invoiceSummaries"], "UPSTREAM_ERROR")]
    await renewal_failed(gateway)
    clock.now_s += 1500
    assert await reason(gateway, "query StoodIn" + ONE) == "UPSTREAM_ERROR"
    lines = await exposed(gateway)

    assert [line for line in lines if "store_bytes" not in line] == [
        'gateway_operations_total{origin="kept",outcome="ok"} 1',
        'gateway_operations_total{origin="run",outcome="errors"} 1',
        'gateway_operations_total{origin="run",outcome="ok"} 5',
        'gateway_operations_total{origin="run",outcome="refused"} 1',
        'gateway_operations_total{origin="shared",outcome="ok"} 1',
        'gateway_operation_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1',
        'gateway_operation_errors_total{code="UPSTREAM_ERROR"} 1',
        'gateway_refused_requests_total{code="UNAUTHENTICATED"} 1',
        'gateway_cache_answers_total{entity="answer",verdict="kept"} 1',
        'gateway_cache_answers_total{entity="answer",verdict="missing"} 8',
        'gateway_cache_answers_total{entity="invoice",verdict="fresh"} 1',
        'gateway_cache_answers_total{entity="invoice",verdict="missing"} 3',
        'gateway_cache_answers_total{entity="invoice",verdict="stale"} 1',
        'gateway_cache_answers_total{entity="invoice",verdict="stood_in"} 1',
        'gateway_cache_answers_total{entity="invoice-summaries",verdict="missing"} 1',
        'gateway_cache_answers_total{entity="invoices",verdict="missing"} 1',
        'gateway_shared_calls_total{what="operation"} 1',
        'gateway_upstream_calls_total{outcome="UPSTREAM_ERROR",resource="invoice"} 2',
        'gateway_upstream_calls_total{outcome="not_found",resource="invoice"} 1',
        'gateway_upstream_calls_total{outcome="ok",resource="invoice"} 1',
        'gateway_upstream_calls_total{outcome="ok",resource="invoices"} 1',
        'gateway_upstream_calls_total{outcome="UPSTREAM_ERROR",resource="summaries"} 1',
        'gateway_upstream_retries_total{resource="invoice"} 2',
        'gateway_upstream_retries_total{resource="summaries"} 1',
        'gateway_operation_duration_seconds_count{origin="run"} 7',
        'gateway_operation_duration_seconds_count{origin="shared"} 1',
        'gateway_upstream_call_duration_seconds_count{resource="invoice"} 4',
        'gateway_upstream_call_duration_seconds_count{resource="invoices"} 1',
        'gateway_upstream_call_duration_seconds_count{resource="summaries"} 1',
        "gateway_operations_running 0",
        'gateway_upstream_calls_now{state="running"} 0',
        'gateway_upstream_calls_now{state="waiting"} 0',
        'gateway_upstream_lanes{state="open"} 1',
        "gateway_connections 0",
        'gateway_store_entries{store="answers"} 3',
        'gateway_store_entries{store="parts"} 3',
        'gateway_store_entries{store="persisted_queries"} 0',
    ]
    assert [re.sub(r"[0-9.e+]+$", "N", line) for line in lines if "store_bytes" in line] == [
        'gateway_store_bytes{store="answers"} N',
        'gateway_store_bytes{store="parts"} N',
        'gateway_store_bytes{store="persisted_queries"} N',
    ]


async def reason(gateway, document):
    """Why what was answered is stale."""
    return (await gateway.post(document)).json()["extensions"]["freshness"][0]["reason"]


async def renewal_failed(gateway):
    """Returns when the call behind the stale answer has come to its end."""
    while 'gateway_upstream_calls_total{outcome="UPSTREAM_ERROR",resource="invoice"} 1' not in await exposed(gateway):
        await asyncio.sleep(0.01)


async def test_a_lane_that_is_paused_calls_that_are_joined_and_budgets_that_are_spent(start_gateway, sandbox):
    gateway = await start_gateway(metrics=True, max_upstream_calls=1, answers_max_bytes=0)
    await asyncio.gather(*(gateway.ask(f"{{{alias}: invoiceSummaries {{totalCount}}}}") for alias in "ab"))
    await gateway.errors('{invoicesById(ids: ["G000100001", "G000100002"]) {id statementLink: pdfDownloadLink}}')
    sandbox.faults({"status": 429, "retry_after": "60"})
    await gateway.errors(ONE, token="sandbox-partner-2")
    lines = await exposed(gateway)

    assert [line for line in lines if re.match("gateway_(shared|upstream_lanes|operation_errors)", line)] == [
        'gateway_operation_errors_total{code="RATE_LIMITED"} 1',
        'gateway_operation_errors_total{code="UPSTREAM_BUDGET_EXCEEDED"} 1',
        'gateway_shared_calls_total{what="invoice-summaries"} 1',
        'gateway_upstream_lanes{state="open"} 1',
        'gateway_upstream_lanes{state="paused"} 1',
    ]


async def test_two_gateways_count_for_themselves(start_gateway):
    one, other = await start_gateway(metrics=True), await start_gateway(metrics=True)
    await one.ask(ONE)

    assert 'gateway_operations_total{origin="run",outcome="ok"} 1' in await exposed(one)
    assert not [line for line in await exposed(other) if line.startswith("gateway_operations_total")]


@pytest.mark.parametrize(("settings", "status"), [({}, 404), ({"metrics": True}, 200), ({"metrics_port": 9100}, 404)])
async def test_callers_are_shown_metrics_only_where_that_is_set(start_gateway, settings, status):
    gateway = await start_gateway(**settings)

    assert (await gateway.http.get("/metrics")).status_code == status


def test_one_port_cannot_be_both(monkeypatch):
    monkeypatch.setenv("GATEWAY_METRICS_PORT", "8000")
    with pytest.raises(SettingsError, match=r"^GATEWAY_METRICS_PORT: must not be GATEWAY_PORT; GATEWAY_METRICS=true"):
        Settings.read()


async def test_openmetrics_is_spoken_to_whoever_asks_for_it(start_gateway):
    gateway = await start_gateway(metrics=True)
    response = await gateway.http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert response.text.endswith("# EOF\n")


@pytest.mark.parametrize("media_type", ["text/plain", "application/openmetrics-text"])
async def test_who_asks_for_a_version_that_is_none_is_told_as_ever(start_gateway, media_type):
    gateway = await start_gateway(metrics=True)
    response = await gateway.http.get("/metrics", headers={"Accept": f"{media_type}; version=x"})

    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_a_histogram_counts_up_to_each_of_its_bounds():
    tally = Tally()
    for duration_s in (0.025, 0.026, 61.0):
        tally.upstream_call("invoice", "ok", duration_s)
    text = Exposition(tally, {}).text("")[0].decode()
    lines = [line for line in text.splitlines() if line.startswith("gateway_upstream_call_duration")]

    assert lines == [
        *(
            f'gateway_upstream_call_duration_seconds_bucket{{le="{bound}",resource="invoice"}} {count}'
            for bound, count in [("0.025", 1.0), *((each, 2.0) for each in BOUNDS), ("+Inf", 3.0)]
        ),
        'gateway_upstream_call_duration_seconds_count{resource="invoice"} 3.0',
        'gateway_upstream_call_duration_seconds_sum{resource="invoice"} 61.051',
    ]


BOUNDS = ("0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60")


async def test_every_metric_of_the_table_is_exposed_and_no_other(start_gateway):
    gateway = await start_gateway(metrics=True)
    text = (await gateway.http.get("/metrics")).text
    exposed_kinds = dict(re.findall(r"(?m)^# TYPE (gateway_\S+) (\w+)$", text))

    assert exposed_kinds == {metric.name: metric.kind for metric in METRICS}
