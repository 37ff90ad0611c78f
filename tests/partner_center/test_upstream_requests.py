"""What is sent upstream: paths, headers, and nothing else."""

import re

import pytest

from gateway.billing import EVERYTHING
from tests.partner_center.raw_server import http, saying

pytestmark = pytest.mark.anyio

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NO_ITEMS = http(b'{"totalCount":0,"items":[]}')


async def test_a_call_sends_these_headers_and_no_others(serve, connect, operation):
    server = await serve(saying(NO_ITEMS))
    await connect(server.url).invoice_summaries(operation)
    headers = server.exchanges[0].headers
    request_id = headers.pop("ms-requestid")

    assert GUID.fullmatch(request_id)
    assert headers == {
        "host": server.url.removeprefix("http://"),
        "connection": "keep-alive",
        "authorization": "Bearer sandbox-partner-1",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": "partner-center-gateway",
        "ms-correlationid": operation.correlation_id,
    }


async def test_every_resource_has_its_documented_path(serve, connect, operation):
    server = await serve(saying(NO_ITEMS, NO_ITEMS, http(b'{"id":"G000100001"}')))
    client = connect(server.url)
    await client.invoice_summaries(operation)
    await client.invoices(operation, EVERYTHING)
    await client.invoice(operation, "G000100001")

    assert server.paths == ["/v1/invoices/summaries", "/v1/invoices?size=500&offset=0", "/v1/invoices/G000100001"]
    assert {exchange.head.split(b" ")[0] for exchange in server.exchanges} == {b"GET"}


async def test_an_address_with_a_path_keeps_it(serve, connect, operation):
    server = await serve(saying(NO_ITEMS))
    await connect(server.url + "/behind/a/proxy").invoice_summaries(operation)

    assert server.paths == ["/behind/a/proxy/v1/invoices/summaries"]


async def test_the_request_id_is_new_and_the_correlation_id_the_same_for_each_call_of_an_operation(
    sandbox, connect, operation
):
    client = connect(sandbox.url)
    await client.invoice_summaries(operation)
    await client.invoice_summaries(operation)
    first, second = sandbox.requests()

    assert first["requestId"] != second["requestId"]
    assert {first["correlationId"], second["correlationId"]} == {operation.correlation_id}


async def test_the_locale_is_sent_where_it_is_set(serve, connect, operation):
    server = await serve(saying(NO_ITEMS))
    await connect(server.url, locale="nl-NL").invoice_summaries(operation)

    assert server.exchanges[0].headers["x-locale"] == "nl-NL"


@pytest.mark.parametrize(
    "not_an_id", ["", "..", "../customers", "a/b", "a?size=1", "a#b", "a%2Fb", "a b", "summaries", "Unbilled", "a" * 65]
)
async def test_an_id_that_upstream_named_is_not_asked_for_where_it_would_be_another_path(
    serve, connect, operation, not_an_id
):
    server = await serve(saying(NO_ITEMS))

    assert await connect(server.url).invoice(operation, not_an_id) is None
    assert server.paths == []
    assert operation.budget.spent == 0


async def test_each_call_is_paid_from_the_budget_and_its_retry_is_not(serve, connect, operation):
    server = await serve(saying(http(b"", 503), NO_ITEMS))
    await connect(server.url).invoice_summaries(operation)

    assert len(server.exchanges) == 2
    assert operation.budget.spent == 1
