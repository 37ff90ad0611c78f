"""What is asked in the measurements, and of which invoices."""

import json
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx

TOKEN = "sandbox-partner-1"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Accept": "application/json"}

# The gateway's most, in one field.
_IDS_PER_FIELD = 100
_UPSTREAM_PAGE = 500

_FEW = "id invoiceDate totalCharges paidAmount currencyCode currencySymbol invoiceType state"
_DETAILS = "invoiceDetails{invoiceLineItemType billingProvider links{self{uri method}} attributes{objectType}}"
# What collection and answer by id both have.
_LISTED = f"{_FEW} documentType programName amendsOf {_DETAILS}"
_WHOLE = f"{_LISTED} billingPeriodStartDate billingPeriodEndDate pdfDownloadLink"
_RECEIPTS = "taxReceipts{id createdDate receiptType taxReceiptPdfDownloadLink}"
_SUMMARY = (
    "balanceAmount currencyCode currencySymbol accountingDate firstInvoiceCreationDate lastPaymentDate "
    "lastPaymentAmount latestInvoiceDate attributes{objectType}"
)
_SUMMARIES = f"invoiceSummaries{{totalCount items{{{_SUMMARY} details{{invoiceType summary{{{_SUMMARY}}}}}}}}}"


class Workload(NamedTuple):
    """A kind of request.

    Attributes:
        name: in tables.
        about: in words.
        requests: bodies, as JSON.
    """

    name: str
    about: str
    requests: list[str]


def invoice_ids(sandbox_url: str) -> list[str]:
    """Of every invoice that the sandbox lists."""
    ids: list[str] = []
    with httpx.Client(base_url=sandbox_url, headers=HEADERS, timeout=60) as http:
        while True:
            answer = http.get("/v1/invoices", params={"size": _UPSTREAM_PAGE, "offset": len(ids)})
            items = json.loads(answer.content.decode("utf-8-sig"))["items"]
            ids += [item["id"] for item in items]
            if len(items) < _UPSTREAM_PAGE:
                return ids


def under_load(ids: Sequence[str], *, count: int) -> list[Workload]:
    """The workloads of the servers, each with so many requests for invoices drawn at random."""
    draw = random.Random(1)
    return [
        Workload("W1", "`invoice(id)`, 8 fields", [one_invoice(draw.choice(ids)) for _ in range(count)]),
        Workload(
            "W2",
            "all summaries and 10 invoices with details",
            [_some(draw.sample(ids, 10), f"{_SUMMARIES} ", _WHOLE) for _ in range(count)],
        ),
        Workload(
            "W3",
            "50 invoices with details, receipts and amendments",
            [_some(draw.sample(ids, 50), "", f"{_WHOLE} {_RECEIPTS} amendments{{{_LISTED}}}") for _ in range(count)],
        ),
        Workload("W4", "200 aliases of 10 ids", [_aliases(draw.sample(ids, 10)) for _ in range(count)]),
    ]


def one_invoice(invoice_id: str) -> str:
    return _body(f"query W1($id:ID!){{invoice(id:$id){{{_FEW}}}}}", {"id": invoice_id})


def nested_invoices(ids: Sequence[str], name: str) -> str:
    """So many invoices with details, of which the collection has everything.

    Args:
        ids: which; as many fields as they need.
        name: of the operation: another name is another document.
    """
    parts = [ids[start : start + _IDS_PER_FIELD] for start in range(0, len(ids), _IDS_PER_FIELD)]
    declared = ",".join(f"$p{at}:[ID!]!" for at in range(len(parts)))
    fields = " ".join(f"p{at}:invoicesById(ids:$p{at}){{...F}}" for at in range(len(parts)))
    text = f"query {name}({declared}){{{fields}}} fragment F on Invoice{{{_LISTED}}}"
    return _body(text, {f"p{at}": part for at, part in enumerate(parts)})


def first_page(count: int) -> str:
    return _body(f"query First($first:Int!){{invoices(first:$first){{nodes{{{_LISTED}}}}}}}", {"first": count})


def _some(ids: Sequence[str], before: str, fields: str) -> str:
    text = f"query Some($ids:[ID!]!){{{before}invoicesById(ids:$ids){{...F}}}} fragment F on Invoice{{{fields}}}"
    return _body(text, {"ids": ids})


def _aliases(ids: Sequence[str]) -> str:
    declared = ",".join(f"$i{at}:ID!" for at in range(len(ids)))
    fields = " ".join(f"a{at}:invoice(id:$i{at % len(ids)}){{...F}}" for at in range(20 * len(ids)))
    text = f"query Aliases({declared}){{{fields}}} fragment F on Invoice{{id totalCharges currencyCode state}}"
    return _body(text, {f"i{at}": each for at, each in enumerate(ids)})


def _body(text: str, variables: dict[str, Any]) -> str:
    return json.dumps({"query": text, "variables": variables}, separators=(",", ":"))
