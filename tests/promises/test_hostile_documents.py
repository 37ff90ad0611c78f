"""Hostile documents against a running gateway: refused in time, without a call, and nobody else waits.

Figures of the promise: an answer within 500 ms (a document of a megabyte: 200 ms), and `/livez` within 250 ms
meanwhile, since documents are read on the event loop that all callers share.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.e2e.gateway_process import GatewayProcess
from tests.sandbox_control import SandboxControl

_ANSWER_S = 0.5
_MEGABYTE_ANSWER_S = 0.2
_LIVEZ_S = 0.25
_MOST_TRIES = 10

_DEEP_JSON = '{"query": "query ($f: InvoiceFilter) {invoices(filter: $f) {totalCount}}", "variables": {"f": %s}}'


def _numbered(count: int, text: str) -> str:
    return " ".join(text.replace("#", str(number)) for number in range(count))


def _chain(links: int, of_type: str, inner: str) -> str:
    """Fragments of which each spreads the next twice."""
    twice = (f"fragment F{number} on {of_type} {{...F{number + 1} ...F{number + 1}}}" for number in range(links))
    return " ".join(twice) + f" fragment F{links} on {of_type} {{{inner}}}"


DOCUMENTS = {
    "depth 50": "{" + "a {" * 49 + "a" + "}" * 50,
    "depth 50 of known fields": '{invoice(id: "1") {' + "amendedInvoice {" * 48 + "id" + "}" * 50,
    "1,000 aliases": "{" + _numbered(1000, "a#: __typename") + "}",
    "1,000 aliases of invoices": "{" + _numbered(1000, "a#: invoices {totalCount}") + "}",
    "1,000 aliases by fragments": "{invoices {"
    + "...F " * 10
    + "}} fragment F on InvoiceConnection {"
    + _numbered(100, "a#: totalCount")
    + "}",
    "5,000 directives": "{__typename" + " @a" * 5000 + "}",
    "2,900 directives": "{__typename" + " @a" * 2900 + "}",
    "850 known directives": "{__typename" + " @skip(if: true)" * 850 + "}",
    "1 MB of fields": "{" + "a " * 500_000 + "}",
    "1 MB of comment": "{__typename #" + "x" * 1_000_000 + "\n}",
    "1 MB of a string": '{invoice(id: "' + "x" * 1_000_000 + '") {id}}',
    "600 overlapping fragments": "{invoices {nodes {"
    + _numbered(600, "...F#")
    + "}}} "
    + _numbered(600, "fragment F# on Invoice {id}"),
    "as many fragments as fit": "{invoices {nodes {"
    + _numbered(595, "...F#")
    + "}}} "
    + _numbered(595, "fragment F# on Invoice {id}"),
    "fragment amplification": "{invoices {nodes {...F0}}} " + _chain(30, "Invoice", "id"),
    "fragment amplification of aliases": "{...F0} " + _chain(100, "Query", "a: invoices {totalCount}"),
    "fragments crossing each other": "{invoices {nodes {...F0}}} "
    + " ".join(f"fragment F{number} on Invoice {{{_numbered(70, '...F#')} id}}" for number in range(35))
    + _numbered(35, "fragment G# on Invoice {id}"),
    "fragments that spread all later ones": "{invoices {nodes {...F0}}} "
    + " ".join(
        f"fragment F{number} on Invoice {{" + " ".join(f"...F{later}" for later in range(number + 1, 70)) + " id}"
        for number in range(70)
    ),
    "20,000 nestings": "{" + "a{" * 20_000 + "a" + "}" * 20_001,
    "3,000 nestings": "{" + "a{" * 2900 + "a" + "}" * 2901,
    "a list 3,000 deep": "{invoicesById(ids: " + "[" * 2900 + "]" * 2900 + ") {id}}",
    "an object 1,400 deep": "{invoices(filter: " + "{a: " * 1400 + "1" + "}" * 1400 + ") {totalCount}}",
    "the same field": "{" + "id " * 5990 + "}",
    "the same known field": "{invoices {nodes {" + "id " * 5990 + "}}}",
    "the same field with an argument": "{" + 'invoice(id: "1") {id} ' * 650 + "}",
    "the same field with other arguments": "{" + _numbered(580, 'invoice(id: "#") {id}') + "}",
    "the same field with fields": "{" + "invoices {nodes {id}} " * 850 + "}",
    "the same list with fields": "{invoices {" + "nodes {id} " * 1400 + "}}",
    "inline fragments": "{" + "... {__typename} " * 1400 + "}",
    "1,190 operations": _numbered(1190, "query Q# {__typename}"),
    "5,900 unknown fields": "{" + _numbered(5900, "u#") + "}",
    "2,000 fields nearly known": "{" + _numbered(2000, "invoicesSummariesById#") + "}",
    "an unknown field of 60 KB": "{" + "invoice" * 9000 + "}",
    "1,900 unknown members": "{invoices(filter: {" + _numbered(1900, "totalCharge#: 1") + "}) {totalCount}}",
    "a list of 5,900": "{invoicesById(ids: [" + "1 " * 5900 + "]) {id}}",
    "100 errors behind 60,000 lines": "{" + "\n" * 60_000 + _numbered(100, "u#") + "}",
    "the schema 240 times": "{"
    + _numbered(240, "a#: __schema {types {...F}}")
    + "} fragment F on __Type {name description fields {name description type {name kind ofType {name kind}}}}",
    "types of fields of types": "{__schema {types {fields {type {fields {type {fields {name}}}}}}}}",
    "250 filters": "{" + _numbered(250, 'a#: invoices(filter: {state: "#"}) {totals {count}}') + "}",
    "250 pages of 100": "{"
    + _numbered(250, "a#: invoices(first: 100) {nodes {...F}}")
    + "} fragment F on Invoice {id state invoiceDate totalCharges currencyCode amendments {id} taxReceipts {id}}",
}

BODIES = {
    "an array batch of 100": json.dumps([{"query": "{invoices {totalCount}}"}] * 100),
    "JSON variables 100,000 deep": _DEEP_JSON % ('{"a":' * 100_000 + "1" + "}" * 100_000),
    "JSON variables 500 deep": _DEEP_JSON % ('{"invoiceDate":' * 500 + "1" + "}" * 500),
    "JSON lists 500 deep": _DEEP_JSON % ("[" * 500 + "]" * 500),
    "a variable with 40,000 unknown members": _DEEP_JSON
    % ("{" + ", ".join(f'"totalCharge{number}": 1' for number in range(40_000)) + "}"),
    "a variable with 900 unknown members": _DEEP_JSON
    % ("{" + ", ".join(f'"totalCharge{number}": 1' for number in range(900)) + "}"),
    "a variable with a name of a megabyte": _DEEP_JSON % ('{"' + "totalCharge" * 90_000 + '": 1}'),
    "a variable with 520,000 ids": '{"query": "query ($ids: [ID!]!) {invoicesById(ids: $ids) {id}}", "variables": '
    '{"ids": [' + ",".join(["1"] * 520_000) + "]}}",
    **{name: json.dumps({"query": document}) for name, document in DOCUMENTS.items()},
}


class _Livez(threading.Thread):
    """Asks for `/livez` without a pause, and remembers the longest wait."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._http = httpx.Client(base_url=url)
        self._ended = threading.Event()
        self.longest_s = 0.0
        self.answers = 0

    def run(self) -> None:
        while not self._ended.is_set():
            started = time.monotonic()
            assert self._http.get("/livez").status_code == 200
            self.longest_s = max(self.longest_s, time.monotonic() - started)
            self.answers += 1
            time.sleep(0.005)

    def end(self) -> None:
        self._ended.set()
        self.join()
        self._http.close()


class _Outcome(NamedTuple):
    """Of one try."""

    answer_s: float
    livez_s: float
    response: httpx.Response


@pytest.fixture(scope="module")
def sandbox(_served_sandbox: str) -> Iterator[SandboxControl]:
    with SandboxControl(_served_sandbox) as control:
        control.reset()
        yield control


@pytest.fixture(scope="module")
def gateway(sandbox: SandboxControl) -> Iterator[GatewayProcess]:
    process = GatewayProcess("serve", "--port", "0", GATEWAY_UPSTREAM_URL=sandbox.url, GATEWAY_INTROSPECTION="true")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def attack(gateway: GatewayProcess) -> Iterator[Callable[[str, float], _Outcome]]:
    with httpx.Client(
        base_url=gateway.url,
        headers={"Authorization": "Bearer sandbox-partner-1", "Content-Type": "application/json"},
        timeout=30,
    ) as http:
        http.post("/graphql", content='{"query": "{__typename}"}')

        def once(body: str) -> _Outcome:
            livez = _Livez(gateway.url)
            livez.start()
            time.sleep(0.02)
            started = time.monotonic()
            response = http.post("/graphql", content=body)
            taken_s = time.monotonic() - started
            livez.end()
            assert livez.answers > 0
            return _Outcome(taken_s, livez.longest_s, response)

        def best(body: str, answer_s: float) -> _Outcome:
            """The first try that is in time, or the last: other work on the machine only ever adds to a time."""
            for _try in range(_MOST_TRIES):
                outcome = once(body)
                if outcome.answer_s < answer_s and outcome.livez_s < _LIVEZ_S:
                    break
            return outcome

        yield best


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_document_is_refused_in_time_without_a_call_and_nobody_waits(attack, sandbox, name, record_property):
    answer_s = _MEGABYTE_ANSWER_S if name.startswith("1 MB") else _ANSWER_S
    outcome = attack(BODIES[name], answer_s)

    record_property("answer_ms", round(outcome.answer_s * 1000))
    record_property("livez_ms", round(outcome.livez_s * 1000))
    print(f"{name}: {outcome.answer_s * 1000:.0f} ms, livez {outcome.livez_s * 1000:.0f} ms")
    answer: dict[str, Any] = outcome.response.json()
    assert answer.get("data") in (None, {"invoicesById": None}), "it was answered"
    assert {error["extensions"]["code"] for error in answer["errors"]} <= {
        "BAD_REQUEST",
        "BAD_USER_INPUT",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "LIMIT_EXCEEDED",
    }
    assert len(outcome.response.content) < 64 * 1024
    assert outcome.answer_s < answer_s
    assert outcome.livez_s < _LIVEZ_S
    assert sandbox.calls() == []
