"""Every file in `tests/payloads/` decodes, and what it says is what comes out."""

import codecs
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.billing import InvoiceSummary
from gateway.invoice_id import canonical
from gateway.partner_center import decode

ASKED_AT = datetime(2024, 6, 1, tzinfo=UTC)
PAYLOADS = sorted((Path(__file__).parents[1] / "payloads").glob("*.json"))
DECODERS = {
    "invoice": lambda body: decode.invoice(body, ASKED_AT),
    "invoices": lambda body: {"items": decode.invoice_page(body, ASKED_AT).invoices},
    "summaries": decode.invoice_summaries,
}

AMOUNTS = {"totalCharges", "paidAmount", "balanceAmount", "lastPaymentAmount"}
IDS = {"id", "amendsOf"}
TEXTS = {"currencyCode", "currencySymbol", "invoiceType", "state", "programName", "receiptType", "pdfDownloadLink"}
TEXTS |= {"taxReceiptPdfDownloadLink", "uri", "method", "key", "value", "etag", "objectType"}
PARTS = {"items", "amendments", "invoiceDetails", "taxReceipts", "details", "summary"}
PARTS |= {"links", "self", "next", "previous", "headers", "attributes"}


def told(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Each known amount, id and text of a JSON value, and where it stands."""
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from told(item, f"{place}[{index}]")
    for name, member in value.items() if isinstance(value, dict) else ():
        at = f"{place}.{name}"
        if member is not None and name in AMOUNTS:
            yield at, str(Decimal(member))
        elif member is not None and name in IDS:
            yield at, canonical(member)
        elif member is not None and name in TEXTS:
            yield at, member
        elif name in PARTS:
            yield from told(member, at)


def as_json(value: Any) -> Any:
    """A decoded value under the names of the wire."""
    if isinstance(value, msgspec.Struct):
        # A part's summary knows its type as well, which on the wire stands beside it.
        ours = {"invoice_type"} if isinstance(value, InvoiceSummary) else set()
        return {_camel(name): as_json(getattr(value, name)) for name in value.__struct_fields__ if name not in ours}
    if isinstance(value, dict):
        return {name: as_json(member) for name, member in value.items()}
    return [as_json(item) for item in value] if isinstance(value, tuple) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_a_payload_comes_out_as_it_says(path):
    body = path.read_bytes()
    sent = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal)
    if path.name.startswith("invoices."):
        sent = {"items": sent["items"]}
    decoded = DECODERS[path.name.split(".")[0]](body)

    assert dict(told(as_json(decoded))) == dict(told(sent))


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_a_byte_order_mark_makes_no_difference(path):
    body = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    decode_it = DECODERS[path.name.split(".")[0]]

    assert decode_it(codecs.BOM_UTF8 + body) == decode_it(body)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_a_file_named_for_its_byte_order_mark_has_one(path):
    assert path.read_bytes().startswith(codecs.BOM_UTF8) == path.name.endswith(".bom.json")
