"""A process that is watched: metrics on a port of their own, and traces by OpenTelemetry's variables."""

import signal

import httpx

from tests.e2e.ports import closed_port
from tests.e2e.waiting import wait_for


def test_metrics_are_at_their_own_port_and_spans_go_where_the_environment_says(start, sandbox):
    port = closed_port()
    process = start(
        *("serve", "--port", "0"),
        GATEWAY_UPSTREAM_URL=sandbox.url,
        GATEWAY_METRICS_PORT=str(port),
        OTEL_TRACES_EXPORTER="console",
    )
    metrics = f"http://127.0.0.1:{port}/metrics"
    with httpx.Client(base_url=process.url, headers={"Authorization": "Bearer sandbox-partner-1"}) as http:
        assert http.post("/graphql", json={"query": "{invoiceSummaries {totalCount}}"}).status_code == 200
        assert http.get("/metrics").status_code == 404
        lines = httpx.get(metrics).text.splitlines()
        assert httpx.post(metrics).status_code == 405
        assert httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{a}"}).status_code == 404

    assert 'gateway_operations_total{origin="run",outcome="ok"} 1.0' in lines
    assert "gateway_connections 2.0" in lines
    assert process.stop() == 0
    assert '"name": "POST /graphql"' in process.output
    assert '"service.name": "partner-center-gateway"' in process.output
    assert '"event":"operation"' in process.output


def test_a_demo_has_its_metrics_at_their_own_port_and_drains(start):
    port = closed_port()
    process = start("demo", "--port", "0", GATEWAY_METRICS_PORT=str(port), GATEWAY_DRAIN_S="60")
    with httpx.Client(base_url=process.url) as http:
        assert http.post("/graphql", json={"query": "{invoiceSummaries {totalCount}}"}).status_code == 200
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
        process.popen.send_signal(signal.SIGTERM)
        wait_for(lambda: http.get("/readyz").status_code == 503, 10)
        draining = http.get("/readyz")
    process.stop(signal.SIGINT)

    assert 'gateway_operations_total{origin="run",outcome="ok"} 1.0' in lines
    assert "gateway_connections 2.0" in lines
    assert draining.json() == {"status": "draining", "checks": {"cache": "ok"}}
