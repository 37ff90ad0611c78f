"""Real processes over real sockets: they start, answer, are told to end, and end."""

import json
import re
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest

from tests.e2e.gateway_process import GatewayProcess, run_gateway
from tests.repository.tree import ROOT

SUMMARIES = {"query": "{invoiceSummaries {totalCount}}"}
THREE = {"data": {"invoiceSummaries": {"totalCount": 3}}}
TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
BALANCES = [
    {"currencyCode": "GBP", "balanceAmount": "751094.39"},
    {"currencyCode": "CHF", "balanceAmount": "1230.33"},
    {"currencyCode": "EUR", "balanceAmount": "1001.12"},
]


def in_flight(sandbox):
    return httpx.get(f"{sandbox.url}/_sandbox/requests").json()["inFlight"]


def wait_for(condition, timeout_s):
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, f"it did not happen within {timeout_s} s"
        time.sleep(0.02)


def test_the_demo_prints_a_playground_and_a_curl_line_that_works_as_it_stands(need, demo):
    need("curl")
    wait_for(lambda: "Ctrl+C" in demo.output, 10)
    [curl] = re.findall(r"(?m)^curl (?:.*\\\n)*.*$", demo.output)
    answered = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, timeout=30, check=True)

    assert demo.output.startswith(f"Playground: {demo.url}/\n")
    assert json.loads(answered.stdout) == {"data": {"invoiceSummaries": {"items": BALANCES}}}
    page = httpx.get(f"{demo.url}/", headers={"Accept": "text/html"}, follow_redirects=True)
    assert (page.status_code, str(page.url)) == (200, f"{demo.url}/graphql")
    assert "<title>Partner Center Gateway</title>" in page.text


def test_the_readmes_line_saves_a_statement_of_the_demo_under_a_name_of_the_gateways(need, demo, tmp_path):
    need("curl")
    [curl] = re.findall(r"(?m)^curl .*/documents/.*$", (ROOT / "README.md").read_text(encoding="utf-8"))
    command = ["sh", "-c", curl.replace("http://127.0.0.1:8000", demo.url)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30, check=True)
    [saved] = tmp_path.iterdir()

    assert saved.name == "Invoice_G000100143.pdf"
    assert saved.read_bytes().startswith(b"%PDF-1.4\n")
    assert saved.read_bytes().endswith(b"%%EOF\n")


def test_in_the_demo_the_schema_may_be_asked_for_and_another_token_is_another_partner(demo):
    introspection = httpx.post(f"{demo.url}/graphql", json={"query": "{__schema {queryType {name}}}"})
    query = {"query": "{invoices(first: 1) {nodes {id totalCharges}}}"}
    first = httpx.post(f"{demo.url}/graphql", json=query)
    same = httpx.post(f"{demo.url}/graphql", json=query, headers=TOKEN)
    other = httpx.post(f"{demo.url}/graphql", json=query, headers={"Authorization": "Bearer other"})

    assert introspection.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    assert first.json() == same.json()
    assert first.json() != other.json()


def test_no_response_of_a_server_names_it_and_each_has_the_headers(demo):
    responses = [
        httpx.get(f"{demo.url}{path}") for path in ("/graphql", "/livez", "/readyz", "/", "/nothing", "/graphql/")
    ]

    assert [response.status_code for response in responses] == [400, 200, 200, 307, 404, 404]
    assert [response.headers.get("Server") for response in responses] == [None] * 6
    assert [response.headers["X-Content-Type-Options"] for response in responses] == ["nosniff"] * 6
    assert len({response.headers["MS-CorrelationId"] for response in responses}) == 6


def test_head_has_no_body_and_a_refused_body_ends_the_connection(demo):
    with httpx.Client(base_url=demo.url) as http:
        head = http.head("/graphql", params=SUMMARIES)
        refused = http.post("/graphql", content=b" " * (1024**2 + 1), headers={"Content-Type": "application/json"})
        again = http.post("/graphql", json=SUMMARIES)

    assert (head.status_code, head.content) == (200, b"")
    assert (refused.status_code, refused.headers["Connection"]) == (413, "close")
    assert again.json() == THREE


@pytest.mark.wall_clock
def test_a_demo_may_be_told_to_show_neither_playground_nor_schema_and_ends_with_0_without_a_word(start):
    demo = start("demo", "--port", "0", GATEWAY_PLAYGROUND="false", GATEWAY_INTROSPECTION="false")
    page = httpx.get(f"{demo.url}/", headers={"Accept": "text/html"})
    introspection = httpx.post(f"{demo.url}/graphql", json={"query": "{__schema {description}}"})
    wait_for(lambda: "Ctrl+C" in demo.output, 10)
    said = demo.output
    begun_s = time.monotonic()
    code = demo.stop(signal.SIGTERM)

    assert said.startswith(f"GraphQL:    {demo.url}/graphql\n")
    assert page.status_code == 404
    assert [error["extensions"]["code"] for error in introspection.json()["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert code == 0
    assert time.monotonic() - begun_s < 5
    assert demo.output == said


@pytest.fixture(scope="module")
def served(_served_sandbox):
    """A running `gateway serve` in front of the sandbox."""
    process = GatewayProcess("serve", "--port", "0", GATEWAY_UPSTREAM_URL=_served_sandbox, GATEWAY_DEADLINE_S="60")
    yield process
    process.stop()


def test_serve_answers_those_with_a_token_and_tells_no_schema(served, sandbox):
    def ask(document):
        return httpx.post(f"{served.url}/graphql", json={"query": document}, headers=TOKEN)

    nobody = httpx.post(f"{served.url}/graphql", json=SUMMARIES)
    introspection = ask("{__schema {description}}").json()
    typo = ask("{invoiceSummarie {totalCount}}").json()
    page = httpx.get(f"{served.url}/graphql", headers={"Accept": "text/html"} | TOKEN)

    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert ask(SUMMARIES["query"]).json() == THREE
    assert [error["extensions"]["code"] for error in introspection["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert [error["message"] for error in typo["errors"]] == ["Cannot query field 'invoiceSummarie' on type 'Query'."]
    assert page.status_code == 406


def test_a_sandbox_alone_is_a_partner_center_and_ends_with_0_at_ctrl_c(start):
    sandbox = start("sandbox", "--port", "0", "--invoices", "5")
    wait_for(lambda: "token" in sandbox.output, 10)
    answer = httpx.get(f"{sandbox.url}/v1/invoices", params={"size": 500}, headers=TOKEN)
    code = sandbox.stop(signal.SIGINT)

    assert sandbox.output == (
        f"Partner Center sandbox: {sandbox.url}\nBearer token of the first partner: sandbox-partner-1\n"
    )
    assert json.loads(answer.content.decode("utf-8-sig"))["totalCount"] == 5
    assert code == 0


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_in_use_is_told_in_one_line(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run_gateway(command, "--port", str(port))

    assert code == 1
    assert said == f"gateway: Address already in use (while attempting to bind on address ('127.0.0.1', {port}))\n"


def test_health_says_what_readyz_says(demo):
    port = demo.url.rpartition(":")[2]

    assert run_gateway("health", GATEWAY_PORT=port) == (0, '{"status":"ok","checks":{"cache":"ok"}}\n')


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_when_the_caller_leaves_the_upstream_call_ends_long_before_its_time(served, sandbox, method):
    sandbox.faults({"hang": True})
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    body = json.dumps(SUMMARIES) if method == "POST" else ""
    query = "?query={invoiceSummaries{totalCount}}" if method == "GET" else ""
    with socket.create_connection((host, int(port))) as caller:
        caller.sendall(
            f"{method} /graphql{query} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer x\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        wait_for(lambda: in_flight(sandbox) == 1, 10)

    wait_for(lambda: in_flight(sandbox) == 0, 10)


@pytest.mark.wall_clock
def test_a_request_in_flight_is_answered_before_the_process_ends_with_0(start, sandbox):
    gateway = start("serve", GATEWAY_PORT="0", GATEWAY_UPSTREAM_URL=sandbox.url, GATEWAY_PLAYGROUND="true")
    page = httpx.get(f"{gateway.url}/", headers={"Accept": "text/html"}, follow_redirects=True)
    sandbox.faults({"latency_ms": 800})
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(httpx.post(f"{gateway.url}/graphql", json=SUMMARIES, headers=TOKEN))
    )
    asking.start()
    wait_for(lambda: in_flight(sandbox) == 1, 10)
    begun_s = time.monotonic()
    code = gateway.stop()
    asking.join()

    assert page.status_code == 200
    assert [answer.json() for answer in answers] == [THREE]
    assert code == 0
    assert time.monotonic() - begun_s < 5
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{gateway.url}/livez")
    assert [json.loads(line)["level"] for line in gateway.output.splitlines() if '"info"' not in line] == []
