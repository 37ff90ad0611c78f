"""How much of a collection is read, and how long a way to its next page may be; beyond that it is an error."""

import json

import pytest

from gateway.billing import EVERYTHING
from gateway.errors import UpstreamUnreadableError
from gateway.partner_center import client as client_module
from tests.partner_center.raw_server import http, saying

pytestmark = pytest.mark.anyio

LONGEST = 4096
LAST = http(b'{"items":[]}')


def page(*ids: str, uri: str | None = None, token: str | None = None) -> bytes:
    headers = [{"key": "MS-ContinuationToken", "value": token}] if token else []
    links = {"next": {"uri": uri, "headers": headers}} if uri else {}
    return http(json.dumps({"items": [{"id": each} for each in ids], "links": links}).encode())


def with_next(place: str, length: int) -> bytes:
    value = "x" * length
    if place == "token":
        return page("a", uri="/invoices?offset=1", token=value)
    return page("a", uri=f"/invoices?offset=1&{place}={value}")


@pytest.mark.parametrize("place", ["seekOperation", "filter", "token"])
@pytest.mark.parametrize("length", [LONGEST + 1, 70_000])
async def test_a_next_page_that_is_named_at_too_great_length_is_unreadable(serve, connect, operation, place, length):
    server = await serve(saying(with_next(place, length), LAST))
    with pytest.raises(UpstreamUnreadableError) as raised:
        await connect(server.url).invoices(operation, EVERYTHING)

    assert raised.value.message == "Partner Center names its next page at too great length."
    assert server.paths == ["/v1/invoices?size=500&offset=0"]


@pytest.mark.parametrize("place", ["seekOperation", "token"])
async def test_a_next_page_that_is_named_at_length_is_read(serve, connect, operation, place):
    server = await serve(saying(with_next(place, LONGEST), LAST))
    collection = await connect(server.url).invoices(operation, EVERYTHING)

    assert [document.id for document in collection.documents] == ["a"]
    assert [exchange.head.count(b"x" * LONGEST) for exchange in server.exchanges] == [0, 1]


@pytest.mark.parametrize("invoices", [6, 7])
async def test_more_invoices_than_all_pages_hold_are_unreadable_on_however_few_pages(
    serve, connect, operation, monkeypatch, invoices
):
    """A server that ignores the size of a page: 3 pages of 2 here, 100 of 500 as it is."""
    monkeypatch.setattr(client_module, "MAX_PAGES", 3)
    monkeypatch.setattr(client_module, "PAGE_SIZE", 2, raising=False)
    ids = [f"G{number}" for number in range(invoices)]
    server = await serve(saying(page(*ids[:4], uri="/invoices?offset=4"), page(*ids[4:])))
    reading = connect(server.url).invoices(operation, EVERYTHING)
    if invoices == 6:
        assert [document.id for document in (await reading).documents] == ids
    else:
        with pytest.raises(UpstreamUnreadableError):
            await reading

    assert server.paths == ["/v1/invoices?size=500&offset=0", "/v1/invoices?size=500&offset=4"]
