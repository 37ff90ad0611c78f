"""The invoice collection: how it is asked for page by page, and where asking ends."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.billing import EVERYTHING, InvoiceDateWindow
from gateway.errors import GatewayError, UpstreamBudgetExceededError, UpstreamUnreadableError
from gateway.operation import Budget, Operation
from gateway.sandbox import create_sandbox
from gateway.sandbox.server import serve_in_thread
from tests.sandbox_control import SandboxControl

pytestmark = pytest.mark.anyio

PAGES = [f"/v1/invoices?size=500&offset={offset}" for offset in (0, 500, 1000)]


@pytest.fixture(scope="module")
def _three_pages_url():
    with serve_in_thread(create_sandbox(invoice_count=1203)) as url:
        yield url


@pytest.fixture
def three_pages(_three_pages_url):
    """A sandbox of 1203 invoices, which are three pages."""
    with SandboxControl(_three_pages_url) as control:
        control.reset()
        yield control


class ScriptedPages(httpx.AsyncBaseTransport):
    """Answers the nth request with the page, or the status of a failure, that `page` says to it.

    Attributes:
        requests: every request, in order.
    """

    def __init__(self, page: Callable[[int], bytes | int]) -> None:
        self._page = page
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        said = self._page(len(self.requests))
        status, body = (said, b"") if isinstance(said, int) else (200, said)
        return httpx.Response(status, stream=httpx.ByteStream(body))

    @property
    def queries(self) -> list[str]:
        return [request.url.query.decode() for request in self.requests]


def page_of(*ids: str, next_uri: str | None = None, headers: list[dict[str, str]] | None = None) -> bytes:
    links = {"next": {"uri": next_uri, "method": "GET", "headers": headers or []}} if next_uri else {}
    return json.dumps({"totalCount": len(ids), "items": [{"id": each} for each in ids], "links": links}).encode()


def ids_of(collection) -> list[str]:
    return [document.id for document in collection.documents]


@pytest.mark.parametrize("quirk", ["relative", "absolute", "foreign", "with_v1", "empty_offset"])
async def test_every_page_is_read_whatever_the_shape_of_the_next_link(three_pages, connect, operation, quirk):
    three_pages.quirks(next_link=quirk)
    collection = await connect(three_pages.url).invoices(operation, EVERYTHING)

    assert three_pages.calls() == PAGES
    assert len(set(ids_of(collection))) == len(collection.documents) == 1203
    assert operation.budget.spent == 3


async def test_a_next_link_with_two_question_marks_is_read_for_what_it_means(three_pages, connect, operation):
    three_pages.quirks(next_link="double_question_mark")
    collection = await connect(three_pages.url).invoices(operation, EVERYTHING)

    assert three_pages.calls() == [PAGES[0], f"{PAGES[1]}&seekOperation=Next", f"{PAGES[2]}&seekOperation=Next"]
    assert len(collection.documents) == 1203


async def test_a_next_link_to_its_own_page_does_not_keep_the_others_from_being_read(three_pages, connect, operation):
    three_pages.quirks(next_link="loop")
    collection = await connect(three_pages.url).invoices(operation, EVERYTHING)

    assert three_pages.calls() == [*PAGES, "/v1/invoices?size=500&offset=1203"]
    assert len(collection.documents) == 1203


async def test_a_server_that_sends_all_at_once_is_asked_once(three_pages, connect, operation):
    three_pages.quirks(ignore_size=True)
    collection = await connect(three_pages.url).invoices(operation, EVERYTHING)

    assert three_pages.calls() == PAGES[:1]
    assert len(collection.documents) == 1203


async def test_a_server_that_sends_all_and_still_names_a_next_page_is_asked_once_more(three_pages, connect, operation):
    three_pages.quirks(ignore_size_with_next=True)
    collection = await connect(three_pages.url).invoices(operation, EVERYTHING)

    assert three_pages.calls() == PAGES[:2]
    assert len(collection.documents) == 1203


async def test_a_filter_goes_along_on_every_page(three_pages, connect, operation):
    window = InvoiceDateWindow(date(1990, 1, 1), date(2090, 1, 1))
    collection = await connect(three_pages.url).invoices(operation, window)
    queries = [parse_qs(urlsplit(call).query) for call in three_pages.calls()]

    assert [(query["size"], query["offset"]) for query in queries] == [
        (["500"], ["0"]),
        (["500"], ["500"]),
        (["500"], ["1000"]),
    ]
    assert len({query["filter"][0] for query in queries}) == 1
    assert len(collection.documents) == 1203


@pytest.mark.parametrize(
    ("window", "sent"),
    [
        (
            InvoiceDateWindow(date(2023, 1, 1), None),
            {"Field": "InvoiceDate", "Value": "2023-01-01", "Operator": "greater_than_or_equals"},
        ),
        (
            InvoiceDateWindow(None, date(2023, 2, 1)),
            {"Field": "InvoiceDate", "Value": "2023-02-01", "Operator": "less_than"},
        ),
        (
            InvoiceDateWindow(date(2023, 1, 1), date(2023, 2, 1)),
            {
                "LeftFilter": {"Field": "InvoiceDate", "Value": "2023-01-01", "Operator": "greater_than_or_equals"},
                "RightFilter": {"Field": "InvoiceDate", "Value": "2023-02-01", "Operator": "less_than"},
                "Operator": "and",
            },
        ),
    ],
    ids=["from", "until", "both"],
)
async def test_a_window_is_pushed_down_as_the_documented_filter(sandbox, connect, operation, window, sent):
    await connect(sandbox.url).invoices(operation, window)
    [call] = sandbox.calls()

    assert {name: json.loads(value) if name == "filter" else value for name, [value] in _query(call).items()} == {
        "size": "500",
        "offset": "0",
        "filter": sent,
    }


def _query(call: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call).query, strict_parsing=True)


async def test_a_window_brings_exactly_the_invoices_dated_in_it(sandbox, connect, operation):
    client = connect(sandbox.url)
    everything = await client.invoices(operation, EVERYTHING)
    first_day, last_day = date(2019, 1, 1), date(2022, 1, 1)
    some = await client.invoices(operation, InvoiceDateWindow(first_day, last_day))
    inside = [
        document.id
        for document in everything.documents
        if datetime(2019, 1, 1, tzinfo=UTC) <= document.invoice_date < datetime(2022, 1, 1, tzinfo=UTC)
    ]

    assert ids_of(some) == inside
    assert 0 < len(inside) < 240


@pytest.mark.parametrize("status", [404, 400, 429])
async def test_a_later_page_that_fails_fails_the_whole(connect, operation, status):
    pages = ScriptedPages(lambda number: page_of("a", next_uri="/invoices?offset=500") if number == 1 else status)
    with pytest.raises(GatewayError):
        await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert len(pages.requests) == 2


async def test_a_collection_that_is_404_is_an_error_and_not_empty(connect, operation):
    pages = ScriptedPages(lambda _number: 404)
    with pytest.raises(GatewayError) as raised:
        await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert raised.value.extensions == {"code": "UPSTREAM_ERROR", "upstreamStatus": 404}


async def test_a_repeated_page_ends_the_reading(connect, operation):
    pages = ScriptedPages(lambda number: page_of("a", "b", next_uri=f"/invoices?size=2&offset={2 * number}"))
    collection = await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert pages.queries == ["size=500&offset=0", "size=2&offset=2"]
    assert ids_of(collection) == ["a", "b"]


async def test_a_page_that_overlaps_the_last_one_brings_each_invoice_once(connect, operation):
    pages = ScriptedPages(
        lambda number: page_of("a", "b", next_uri="/invoices?offset=1") if number == 1 else page_of("b", "c")
    )
    collection = await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert ids_of(collection) == ["a", "b", "c"]


async def test_a_collection_without_end_is_refused_after_a_hundred_pages(connect, operation):
    pages = ScriptedPages(lambda number: page_of(str(number), next_uri=f"/invoices?offset={number}"))
    with pytest.raises(UpstreamUnreadableError):
        await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert pages.queries == [f"size=500&offset={number}" for number in range(100)]


async def test_pages_beyond_the_budget_are_not_asked_for(connect, operation):
    pages = ScriptedPages(lambda number: page_of(str(number), next_uri=f"/invoices?offset={number}"))
    poor = Operation(operation.caller, operation.correlation_id, operation.deadline, Budget(3))
    with pytest.raises(UpstreamBudgetExceededError):
        await connect("http://upstream", transport=pages).invoices(poor, EVERYTHING)

    assert len(pages.requests) == 3


async def test_from_a_next_link_only_known_parameters_are_taken_over(connect, operation):
    uri = "https://thief.invalid/v2/customers?Offset=7&evil=1&SIZE=9&filter=%7B%7D&seekoperation=Next&api=2#part"
    pages = ScriptedPages(lambda number: page_of(str(number), next_uri=uri if number == 1 else None))
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert str(pages.requests[1].url) == (
        "http://upstream/v1/invoices?size=9&offset=7&filter=%7B%7D&seekOperation=Next"
    )


@pytest.mark.parametrize("offset", ["-1", "two", "", "+3", "0"])
async def test_an_offset_that_leads_nowhere_is_replaced_by_the_number_of_invoices_read(connect, operation, offset):
    pages = ScriptedPages(
        lambda number: page_of("a", "b", next_uri=f"/invoices?offset={offset}") if number == 1 else page_of("c")
    )
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert pages.queries == ["size=500&offset=0", "size=500&offset=2"]


async def test_an_empty_parameter_of_the_next_link_is_left_as_it_was(connect, operation):
    pages = ScriptedPages(lambda number: page_of("a", next_uri="/invoices?size=&offset=") if number == 1 else page_of())
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert pages.queries == ["size=500&offset=0", "size=500&offset=1"]


@pytest.mark.parametrize("links", ["null", "{}", '{"next":null}', '{"next":{"uri":null}}', '{"next":{"uri":""}}'])
async def test_without_a_next_link_there_is_no_next_page(connect, operation, links):
    pages = ScriptedPages(lambda _number: b'{"items":[{"id":"a"}],"links":%s}' % links.encode())
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert len(pages.requests) == 1


async def test_a_continuation_token_of_the_next_link_goes_along_as_its_header(connect, operation):
    token = "d19617b8-0000,0705_a4ayc/80/OGda=,0d81"
    headers = [{"key": "MS-ContinuationToken", "value": token}, {"key": "X-Other", "value": "not sent"}]
    uri = "/invoices?size=500&seekOperation=Next"
    pages = ScriptedPages(lambda number: page_of(str(number), next_uri=uri if number == 1 else None, headers=headers))
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)
    first, second = (request.headers for request in pages.requests)

    assert "MS-ContinuationToken" not in first
    assert second["MS-ContinuationToken"] == token
    assert "X-Other" not in second


@pytest.mark.parametrize("token", ["", "two\r\nX-Lines: 1", "snow \u2603"])
async def test_a_continuation_token_that_is_no_header_value_is_left_out(connect, operation, token):
    headers = [{"key": "MS-ContinuationToken", "value": token}]
    pages = ScriptedPages(
        lambda number: page_of(str(number), next_uri="/invoices?offset=1" if number == 1 else None, headers=headers)
    )
    await connect("http://upstream", transport=pages).invoices(operation, EVERYTHING)

    assert "MS-ContinuationToken" not in pages.requests[1].headers
