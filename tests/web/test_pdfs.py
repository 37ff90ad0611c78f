"""PDFs by way of the gateway, each over real sockets on both sides: what is asked upstream, and what is answered."""

import base64

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.e2e.waiting import in_flight, wait_for
from tests.raw_caller import RawCaller, head
from tests.web.test_web_connections import served

STATEMENT = "/documents/invoices/G000100143/statement"
RECEIPT = "/documents/invoices/G000100143/receipts/6002911"
UPSTREAM = "/v1/invoices/G000100143/documents/statement"
UPSTREAM_RECEIPT = "/v1/invoices/G000100143/receipts/6002911/documents/statement"
PAGE = "https://front.example"
MAX_PDF_BYTES = 1024**2


@pytest.fixture(scope="module")
def url(_served_sandbox):
    """A gateway that passes on a mebibyte."""
    settings = Settings(upstream_url=_served_sandbox, max_pdf_bytes=MAX_PDF_BYTES, cors_origins=PAGE)
    with served(create_app(settings)) as (url, _connections):
        yield url


@pytest.fixture
def get(url):
    """Asks for a document, by default with a token of its own, whose lane nobody else shares."""

    def get(path=STATEMENT, *, token="sandbox-partner-1", method="GET", **headers):
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, f"{url}{path}", headers=sent | named)

    return get


def code_of(response):
    """The code of a refusal, which is in the shape of all others."""
    (error,) = response.json()["errors"]
    assert error["extensions"]["correlationId"] == response.headers["MS-CorrelationId"]
    return error["extensions"]["code"]


def raw(body, **rule):
    return {"body": "raw", "raw_base64": base64.b64encode(body).decode(), **rule}


@pytest.mark.parametrize(
    ("path", "upstream", "filename"),
    [(STATEMENT, UPSTREAM, "Invoice_G000100143.pdf"), (RECEIPT, UPSTREAM_RECEIPT, "E-Tax-6002911.pdf")],
)
def test_a_pdf_is_handed_on_as_it_is_by_one_call_under_the_callers_correlation_id(
    *, get, sandbox, path, upstream, filename
):
    sent = httpx.get(f"{sandbox.url}{upstream}", headers={"Authorization": "Bearer sandbox-partner-1"}).content
    sandbox.reset("requests")
    response = get(path, MS_CorrelationId="0e5bf9d1-8c3a-4d0e-9a43-5c77a4f0c111")
    headers = {name: value for name, value in response.headers.items() if name not in {"date", "server"}}
    (call,) = sandbox.requests()

    assert response.status_code == 200
    assert response.content == sent
    assert headers == {
        "content-type": "application/pdf",
        "content-disposition": f'attachment; filename="{filename}"',
        "content-length": str(len(sent)),
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "vary": "Origin",
        "ms-correlationid": "0e5bf9d1-8c3a-4d0e-9a43-5c77a4f0c111",
    }
    assert (call["method"], call["path"], call["query"]) == ("GET", upstream, "")
    assert call["correlationId"] == "0e5bf9d1-8c3a-4d0e-9a43-5c77a4f0c111"
    assert call["headers"]["accept"] == "application/pdf, application/json"


def test_links_cost_no_call_and_lead_to_the_documents(url, get, sandbox):
    query = """{invoice(id: "OneTime-G000100143") {
        statement {url contentType expiresAt} taxReceipts {document {url contentType expiresAt}}}}"""
    asked = httpx.post(f"{url}/graphql", json={"query": query}, headers={"Authorization": "Bearer sandbox-partner-1"})
    calls = sandbox.take_calls()
    of_statement = {"url": STATEMENT, "contentType": "application/pdf", "expiresAt": None}

    assert asked.json() == {
        "data": {"invoice": {"statement": of_statement, "taxReceipts": [{"document": of_statement | {"url": RECEIPT}}]}}
    }
    assert calls == ["/v1/invoices/G000100143"]
    assert [get(path).status_code for path in (STATEMENT, RECEIPT)] == [200, 200]


def test_head_is_answered_as_get_is_and_the_document_is_not_read(url, get, sandbox):
    whole = get()
    response = get(method="HEAD")
    sandbox.faults({"drip_bytes_per_s": 20})
    with RawCaller(url) as caller:
        caller.send(head("HEAD", STATEMENT))
        came = caller.socket.recv(65536)
        wait_for(lambda: in_flight(sandbox) == 0, 10)  # The whole would take more than twice as long.

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(whole.content))
    assert came.startswith(b"HTTP/1.1 200 OK\r\n")
    assert came.endswith(b"\r\n\r\n")
    assert sandbox.calls() == [UPSTREAM] * 3


NOT_HANDED_ON = {
    "no PDF": (raw(b'{"what": "else"}'), 502, "UPSTREAM_UNREADABLE", 1),
    "a PDF behind something else": (raw(b"\n%PDF-1.4"), 502, "UPSTREAM_UNREADABLE", 1),
    "less than a PDF begins with": (raw(b"%PD"), 502, "UPSTREAM_UNREADABLE", 1),
    "nothing": ({"status": 200, "body": "empty"}, 502, "UPSTREAM_UNREADABLE", 1),
    "too long": (raw(b"%PDF-" + bytes(MAX_PDF_BYTES - 4)), 502, "UPSTREAM_UNREADABLE", 1),
    "broken off before it begins": (raw(b"%PDF-1.4", cut=3), 502, "UPSTREAM_UNREADABLE", 2),
    "a redirect": ({"status": 302}, 502, "UPSTREAM_ERROR", 1),
    "a failure": ({"status": 500}, 502, "UPSTREAM_ERROR", 2),
    "a failure with a text": ({"status": 400, "body": "html"}, 502, "UPSTREAM_ERROR", 1),
    "none": ({"status": 404}, 404, "NOT_FOUND", 1),
    "a bad token": ({"status": 401}, 401, "UNAUTHENTICATED", 1),
    "no MFA": ({"status": 401, "code": "900421"}, 401, "MFA_REQUIRED", 1),
    "a token without a user": ({"status": 403, "code": "900329"}, 403, "FORBIDDEN", 1),
}


@pytest.mark.parametrize("what", NOT_HANDED_ON)
def test_what_is_no_pdf_is_an_error_in_the_one_shape(get, sandbox, what):
    rule, status, code, calls = NOT_HANDED_ON[what]
    sandbox.faults(rule)
    response = get(token=f"of-{what.replace(' ', '-')}")

    assert (response.status_code, code_of(response)) == (status, code)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert sandbox.calls() == [UPSTREAM] * calls


def test_a_pdf_that_does_not_begin_by_the_deadline_is_given_up(sandbox):
    sandbox.faults({"hang": True})
    with served(create_app(Settings(upstream_url=sandbox.url, deadline_s=0.3))) as (url, _connections):
        response = httpx.get(f"{url}{STATEMENT}", headers={"Authorization": "Bearer silence"})

    assert (response.status_code, code_of(response)) == (504, "UPSTREAM_TIMEOUT")
    assert sandbox.calls() == [UPSTREAM]
    wait_for(lambda: in_flight(sandbox) == 0, 10)


@pytest.mark.parametrize("length", [MAX_PDF_BYTES, MAX_PDF_BYTES - 1])
def test_a_pdf_may_be_as_long_as_the_setting_says(get, sandbox, length):
    body = b"%PDF-".ljust(length, b".")
    sandbox.faults(raw(body))

    assert get().content == body


def test_a_pause_that_upstream_asks_for_holds_for_documents_and_queries_alike(url, get, sandbox):
    sandbox.faults({"status": 429, "retry_after": "30"})
    throttled, paused = get(token="throttled"), get(token="throttled")
    query = {"query": "{invoiceSummaries {totalCount}}"}
    asked = httpx.post(f"{url}/graphql", json=query, headers={"Authorization": "Bearer throttled"}).json()

    assert (throttled.status_code, code_of(throttled)) == (429, "RATE_LIMITED")
    assert throttled.headers["retry-after"] == "30"
    assert (paused.status_code, code_of(paused)) == (429, "RATE_LIMITED")
    assert asked["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert sandbox.calls() == [UPSTREAM]


def test_a_refused_document_ends_what_is_kept_for_its_caller(url, get, sandbox):
    def ask():
        query = {"query": '{invoice(id: "G000100144") {id}}'}
        httpx.post(f"{url}/graphql", json=query, headers={"Authorization": "Bearer refused"})
        return sandbox.take_calls()

    before = [ask(), ask()]
    sandbox.faults({"path": "*/documents/*", "status": 403})
    get(token="refused")

    assert before == [["/v1/invoices/G000100144"], []]
    assert sandbox.take_calls() == [UPSTREAM]
    assert ask() == ["/v1/invoices/G000100144"]


OF_NO_DOCUMENT = {
    "/documents/invoices/unbilled/statement": (400, "BAD_USER_INPUT"),
    "/documents/invoices/..%2f..%2fcustomers/statement": (404, "BAD_REQUEST"),
    "/documents/invoices/%2e%2e/statement": (400, "BAD_USER_INPUT"),
    "/documents/invoices/G1%0d%0aX-Evil:1/statement": (400, "BAD_USER_INPUT"),
    '/documents/invoices/G1"/statement': (400, "BAD_USER_INPUT"),
    f"/documents/invoices/{'G' * 65}/statement": (400, "BAD_USER_INPUT"),
    "/documents/invoices/G1/receipts/a%22;filename=evil.exe": (400, "BAD_USER_INPUT"),
    "/documents/invoices/G1/receipts/%c3%a9": (400, "BAD_USER_INPUT"),
    "/documents/invoices/G1/receipts/": (404, "BAD_REQUEST"),
    "/documents/invoices/G1": (404, "BAD_REQUEST"),
}


@pytest.mark.parametrize("path", OF_NO_DOCUMENT)
def test_ids_that_can_be_none_are_refused_before_anything_is_asked(url, sandbox, path):
    with RawCaller(url) as caller:
        caller.send(head("GET", path.replace('"', "%22")))
        answer = caller.answer()

    assert (answer.status, *answer.codes) == OF_NO_DOCUMENT[path]
    assert "content-disposition" not in answer.headers
    assert sandbox.calls() == []


def test_the_door_is_that_of_graphql(get, sandbox):
    refused = {
        "no token": get(token=None),
        "another site's page": get(Origin="https://evil.example"),
        "another site's link": get(Sec_Fetch_Site="cross-site"),
        "a method that writes": get(method="POST"),
        "nothing upstream": get(Cache_Control="only-if-cached"),
    }

    assert {who: (response.status_code, code_of(response)) for who, response in refused.items()} == {
        "no token": (401, "UNAUTHENTICATED"),
        "another site's page": (403, "FORBIDDEN"),
        "another site's link": (403, "FORBIDDEN"),
        "a method that writes": (405, "BAD_REQUEST"),
        "nothing upstream": (504, "NOT_CACHED"),
    }
    assert refused["no token"].headers["www-authenticate"] == "Bearer"
    assert refused["a method that writes"].headers["allow"] == "GET, HEAD"
    assert sandbox.calls() == []
    assert get(Origin=PAGE).headers["access-control-allow-origin"] == PAGE
