"""When a page that brought nothing new is followed by another one."""

import json

import pytest

from gateway.billing import EVERYTHING, KeyValuePair, Link
from gateway.partner_center.paging import first_page, goes_on, next_page
from tests.partner_center.raw_server import http, saying


def page_after(last, token: str | None, offset: int = 500):
    headers = (KeyValuePair("MS-ContinuationToken", token),) if token else ()
    return next_page(last, Link(f"/invoices?offset={offset}", headers=headers), 0)


@pytest.mark.parametrize(
    ("first_token", "second_token", "expected"),
    [(None, "AAA=", True), ("AAA=", "BBB=", True), ("AAA=", "AAA=", False), (None, None, False), ("AAA=", None, False)],
)
def test_a_page_goes_on_by_another_continuation_token_alone(first_token, second_token, expected):
    first = page_after(first_page(EVERYTHING), first_token)
    second = page_after(first, second_token, 1000)

    assert goes_on(first, second) is expected


def page_of(*ids: str, token: str) -> bytes:
    link = {"uri": "/invoices?seekOperation=Next", "headers": [{"key": "MS-ContinuationToken", "value": token}]}
    return http(json.dumps({"items": [{"id": each} for each in ids], "links": {"next": link}}).encode())


LAST = http(b'{"items":[]}')


@pytest.mark.anyio
async def test_an_empty_page_before_another_token_does_not_end_the_collection(serve, connect, operation):
    server = await serve(saying(page_of("a", token="A="), page_of(token="B="), page_of("b", token="C="), LAST))
    collection = await connect(server.url).invoices(operation, EVERYTHING)

    assert [document.id for document in collection.documents] == ["a", "b"]
    assert [exchange.headers.get("ms-continuationtoken") for exchange in server.exchanges] == [None, "A=", "B=", "C="]


@pytest.mark.anyio
async def test_the_same_token_again_behind_an_empty_page_ends_the_collection(serve, connect, operation):
    server = await serve(saying(page_of("a", token="A="), page_of(token="A=")))
    collection = await connect(server.url).invoices(operation, EVERYTHING)

    assert [document.id for document in collection.documents] == ["a"]
    assert len(server.exchanges) == 2
