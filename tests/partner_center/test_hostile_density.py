"""Answers that are short on the wire and would be a gigabyte as values."""

import json
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.errors import UpstreamUnreadableError
from gateway.partner_center import decode
from gateway.partner_center.density import refuse_dense

PAYLOADS = Path(__file__).parents[1] / "payloads"
# A tenth of the longest page, so that measuring is fast.
LENGTH = 3 * 1024**2


class Dense(NamedTuple):
    """A body that is one piece, again and again."""

    before: bytes
    piece: bytes
    behind: bytes

    def of_length(self, length_bytes: int) -> bytes:
        return self.before + b",".join([self.piece] * (length_bytes // (len(self.piece) + 1))) + self.behind


DENSE = {
    "numbers": Dense(b'{"items":[', b"1", b"]}"),
    "nulls": Dense(b'{"items":[', b"null", b"]}"),
    "texts": Dense(b'{"items":[', b'""', b"]}"),
    "lists": Dense(b'{"items":[', b"[]", b"]}"),
    "objects": Dense(b'{"items":[', b"{}", b"]}"),
    "invoices": Dense(b'{"items":[', b'{"id":"1"}', b"]}"),
    "details": Dense(b'{"items":[{"id":"1","invoiceDetails":[', b"{}", b"]}]}"),
    "amendments": Dense(b'{"items":[{"id":"1","amendments":[', b'{"id":"1"}', b"]}]}"),
    "receipts": Dense(b'{"items":[{"id":"1","taxReceipts":[', b'{"id":""}', b"]}]}"),
    "headers": Dense(b'{"items":[],"links":{"next":{"headers":[', b"{}", b"]}}}"),
}


def peak_of_refusing(read, body: bytes) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(UpstreamUnreadableError):
            read(body)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dense", DENSE.values(), ids=DENSE.keys())
def test_a_dense_page_is_refused_before_it_takes_memory(dense):
    assert peak_of_refusing(decode.invoice_page, dense.of_length(LENGTH)) < 100_000


@pytest.mark.parametrize("piece", [b"{}", b'{"links":{}}'])
def test_a_dense_invoice_is_refused_before_it_takes_memory(piece):
    dense = Dense(b'{"id":"1","invoiceDetails":[', piece, b"]}")

    assert peak_of_refusing(decode.invoice, dense.of_length(LENGTH)) < 100_000


def test_dense_summaries_are_refused_before_they_take_memory():
    dense = Dense(b'{"items":[', b'{"currencyCode":""}', b"]}")

    assert peak_of_refusing(decode.invoice_summaries, dense.of_length(LENGTH)) < 100_000


def test_an_amount_of_millions_of_digits_takes_little_more_than_itself():
    body = b'{"id":"1","totalCharges":' + b"1" * LENGTH + b"}"

    assert peak_of_refusing(decode.invoice, body) < 4 * LENGTH


def test_the_densest_of_all_answers_is_refused_from_its_20513th_byte_on():
    refuse_dense(b"{" * 20_512)

    with pytest.raises(ValueError, match="more objects"):
        refuse_dense(b"{" * 20_513)


@pytest.mark.parametrize("count", [1, 20_000])
def test_a_short_page_may_be_as_dense_as_it_likes(count):
    page = decode.invoice_page(b'{"items":[' + b",".join(b'{"id":"%d"}' % n for n in range(count)) + b"]}")

    assert len(page.invoices) == count


def test_a_long_page_may_be_as_dense_as_upstreams_own():
    sent = json.loads((PAYLOADS / "invoices.page.json").read_bytes())
    page = decode.invoice_page(json.dumps(sent | {"items": sent["items"] * 5_000}, separators=(",", ":")).encode())

    assert len(page.invoices) == 10_000
