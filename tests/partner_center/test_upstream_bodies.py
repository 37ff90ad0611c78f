"""How long an answer may be, and what becomes of one that is not what was asked for."""

import asyncio
import gzip
import json
import tracemalloc

import httpx
import pytest

from gateway.billing import EVERYTHING
from gateway.errors import UpstreamUnreadableError
from gateway.partner_center.client import MAX_BODY_BYTES, MAX_COLLECTION_BYTES, MAX_PAGE_BYTES

pytestmark = pytest.mark.anyio

INVOICE = b'{"id":"G1"}'
ITEMS = b'{"items":[]}'
TOO_LONG = "Partner Center's answer is longer than the gateway reads."

HOSTILE = {
    "html": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "empty": b"",
    "blank": b"  \r\n",
    "cut": b'{"id":"G1","items":[{"id":"G',
    "utf-16": '{"id":"G1","items":[]}'.encode("utf-16"),
    "latin-1": '{"id":"G1","state":"é","items":[{"id":"é"}]}'.encode("latin-1"),
    "nan": b'{"id":"G1","totalCharges":NaN,"items":[NaN]}',
    "nan-as-text": b'{"id":"G1","totalCharges":"NaN","items":[{"id":"G1","currencyCode":"EUR","totalCharges":"NaN",'
    b'"balanceAmount":"NaN"}]}',
    "infinity": b'{"id":"G1","totalCharges":"-Infinity","items":[{"id":"G1","currencyCode":"EUR",'
    b'"totalCharges":"Infinity","balanceAmount":"Infinity"}]}',
    "null": b"null",
    "number": b"1",
    "text": b'"G1"',
    "list": b"[]",
    "empty-object": b"{}",
    "items-null": b'{"items":null}',
    "null-item": b'{"items":[null]}',
    "two-values": b'{"id":"G1","items":[]}{"id":"G1","items":[]}',
    "two-marks": b"\xef\xbb\xbf\xef\xbb\xbf" + b'{"id":"G1","items":[]}',
    "trailing-comma": b'{"id":"G1","items":[],}',
    "lone-surrogate": b'{"id":"\\ud800","items":[{"id":"\\ud800","currencyCode":"\\ud800"}]}',
    "100000-lists": b"[" * 100_000,
    "100000-lists-in-an-unknown-member": b'{"id":"G1","x":' + b"[" * 100_000 + b"]" * 100_000 + b',"items":[]}',
    "100000-amendments": b'{"items":[' + b'{"id":"G1","amendments":[' * 100_000 + b"]}" * 100_000 + b"]}",
    "100000-details": b'{"items":['
    + b'{"currencyCode":"EUR","details":[{"invoiceType":"OneTime","summary":' * 15_000
    + b"{}"
    + b"}]}" * 15_000
    + b"]}",
}


def padded(body: bytes, length: int) -> bytes:
    return body + b" " * (length - len(body))


def answering(*bodies: bytes, **headers: str) -> httpx.MockTransport:
    rest = list(bodies)
    return httpx.MockTransport(lambda _request: httpx.Response(200, content=_pieces(rest.pop(0)), headers=headers))


async def _pieces(body: bytes):
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]


async def test_an_invoice_may_be_one_mebibyte_long(connect, operation):
    client = connect("http://upstream", transport=answering(padded(INVOICE, 1_048_576)))

    assert (await client.invoice(operation, "G1")).id == "G1"


async def test_the_summaries_may_be_one_mebibyte_long(connect, operation):
    client = connect("http://upstream", transport=answering(padded(ITEMS, 1_048_576)))

    assert (await client.invoice_summaries(operation)).items == ()


async def test_a_page_of_the_collection_may_be_32_mebibytes_long(connect, operation):
    client = connect("http://upstream", transport=answering(padded(ITEMS, 33_554_432)))

    assert (await client.invoices(operation, EVERYTHING)).documents == ()


async def test_a_byte_more_is_too_long_for_an_invoice(connect, operation):
    client = connect("http://upstream", transport=answering(padded(INVOICE, MAX_BODY_BYTES + 1)))

    with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
        await client.invoice(operation, "G1")


async def test_a_byte_more_is_too_long_for_the_summaries(connect, operation):
    client = connect("http://upstream", transport=answering(padded(ITEMS, MAX_BODY_BYTES + 1)))

    with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
        await client.invoice_summaries(operation)


async def test_a_byte_more_is_too_long_for_a_page_of_the_collection(connect, operation):
    client = connect("http://upstream", transport=answering(padded(ITEMS, MAX_PAGE_BYTES + 1)))

    with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
        await client.invoices(operation, EVERYTHING)


async def test_the_pages_of_a_collection_together_may_be_64_mebibytes_long(connect, operation):
    pages = [b'{"items":[{"id":"%d"}],"links":{"next":{"uri":"/invoices?offset=%d"}}}' % (n, n) for n in range(1, 4)]
    transport = answering(*(padded(page, MAX_COLLECTION_BYTES // 2 - 2) for page in pages))
    client = connect("http://upstream", transport=transport)

    with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
        await client.invoices(operation, EVERYTHING)
    assert operation.budget.spent == 3


async def test_the_length_of_a_compressed_answer_is_that_of_what_it_holds(connect, operation):
    exactly = gzip.compress(padded(INVOICE, MAX_BODY_BYTES))
    more = gzip.compress(padded(INVOICE, MAX_BODY_BYTES + 1))
    client = connect("http://upstream", transport=answering(exactly, more, **{"Content-Encoding": "gzip"}))

    assert (await client.invoice(operation, "G1")).id == "G1"
    with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
        await client.invoice(operation, "G1")


async def test_a_gzip_bomb_takes_no_more_memory_than_an_answer_may_have(connect, operation):
    bomb = gzip.compress(b" " * 64 * MAX_BODY_BYTES)
    client = connect("http://upstream", transport=answering(bomb, **{"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(UpstreamUnreadableError, match=TOO_LONG):
            await client.invoice(operation, "G1")
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * MAX_BODY_BYTES


async def test_a_compressed_answer_is_read_whatever_pieces_it_comes_in(connect, operation):
    async def bytes_of(body):
        for at in range(len(body)):
            yield body[at : at + 1]

    body = gzip.compress(json.dumps({"id": "G1", "state": "paid" * 100}).encode())
    headers = {"Content-Encoding": "gzip"}
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=bytes_of(body), headers=headers))
    invoice = await connect("http://upstream", transport=transport).invoice(operation, "G1")

    assert invoice.state == "paid" * 100


async def test_a_long_answer_does_not_hold_up_the_event_loop(connect, operation):
    items = b",".join(
        b'{"id":"G%d","totalCharges":1.50,"invoiceDate":"2024-01-01T00:00:00Z"}' % n for n in range(40_000)
    )
    client = connect("http://upstream", transport=answering(b'{"items":[' + items + b"]}"))
    reading = asyncio.create_task(client.invoices(operation, EVERYTHING))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert len((await reading).documents) == 40_000
    assert turns > 15


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("resource", ["invoice", "summaries", "collection"])
async def test_a_hostile_body_is_unreadable(connect, operation, resource, body):
    client = connect("http://upstream", transport=answering(body))
    calls = {
        "invoice": lambda: client.invoice(operation, "G1"),
        "summaries": lambda: client.invoice_summaries(operation),
        "collection": lambda: client.invoices(operation, EVERYTHING),
    }

    with pytest.raises(UpstreamUnreadableError) as raised:
        await calls[resource]()
    assert raised.value.extensions == {"code": "UPSTREAM_UNREADABLE"}
