"""A process that is watched: metrics on a port of their own, and traces by OpenTelemetry's variables."""

import httpx

from tests.e2e.ports import closed_port


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
