"""Statements and tax receipts: valid PDFs with the invoice's own figures."""

import re

import pytest
from sandbox_calls import client_of

from gateway.sandbox.generation import generate, slots
from gateway.sandbox.pdf import pdf

pytestmark = pytest.mark.anyio

INVOICE = next(invoice for invoice in generate(1, "first", slots(240)) if invoice.tax_receipts)


def parsed(document: bytes) -> dict[int, bytes]:
    """The objects of a PDF, found by its cross-reference table alone."""
    assert document.startswith(b"%PDF-1.4\n")
    assert document.endswith(b"%%EOF\n")
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", document)[1])
    table, trailer = document[start:].split(b"trailer\n")
    lines = table.splitlines(keepends=True)
    assert lines[0] == b"xref\n"
    first, count = map(int, lines[1].split())
    assert (first, count, len(lines)) == (0, len(lines) - 2, count + 2)
    assert b"/Size %d " % count in trailer
    assert {len(line) for line in lines[2:]} == {20}
    assert lines[2] == b"0000000000 65535 f \n"
    objects = {}
    for number, line in enumerate(lines[3:], start=1):
        at = int(line[:10])
        head = b"%d 0 obj\n" % number
        assert document[at : at + len(head)] == head
        objects[number] = document[at + len(head) : document.index(b"\nendobj\n", at)]
    return objects


def lines_of(document: bytes) -> list[str]:
    objects = parsed(document)
    stream = next(body for body in objects.values() if b"stream" in body)
    length, content = re.fullmatch(rb"<< /Length (\d+) >>\nstream\n(.*)endstream", stream, re.DOTALL).groups()
    assert int(length) == len(content)
    return [line.decode("cp1252") for line in re.findall(rb"\((.*)\) Tj", content)]


async def test_a_statement_is_a_pdf_of_the_invoice(client):
    response = await client.get(f"/v1/invoices/{INVOICE.path_id}/documents/statement")

    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"] == f"attachment; filename=Invoice_{INVOICE.id}.pdf"
    assert lines_of(response.content) == [
        f"Invoice {INVOICE.id}",
        f"Total charges: {INVOICE.part.currency} {INVOICE.total_charges}",
        f"Paid: {INVOICE.part.currency} {INVOICE.paid_amount}",
        "Issued to first",
    ]


async def test_a_tax_receipt_is_a_pdf_of_its_own(client):
    receipt = INVOICE.tax_receipts[0]
    body = (await client.get(f"/v1/invoices/{INVOICE.id}")).json()
    link = body["taxReceipts"][0]["taxReceiptPdfDownloadLink"]
    response = await client.get(f"/v1{link}")

    assert link == f"/invoices/{INVOICE.id}/receipts/{receipt}/documents/statement"
    assert response.headers["content-disposition"] == f"attachment; filename=E-Tax-{receipt}.pdf"
    assert lines_of(response.content) == [f"Tax receipt {receipt}", f"Invoice {INVOICE.id}", "Issued to first"]


@pytest.mark.parametrize("path", ["/G999999999/documents/statement", f"/{INVOICE.id}/receipts/1/documents/statement"])
async def test_documents_that_are_not_there(client, path):
    assert (await client.get(f"/v1/invoices{path}")).status_code == 404


async def test_one_partners_receipt_is_not_anothers(app):
    path = f"/v1/invoices/{INVOICE.id}/receipts/{INVOICE.tax_receipts[0]}/documents/statement"
    async with client_of(app, "other") as other:
        assert (await other.get(path)).status_code == 404


def test_text_is_escaped_and_stays_within_the_fonts_encoding():
    assert lines_of(pdf([r"(a\b)", "€ 1", "日本"])) == [r"\(a\\b\)", "€ 1", "??"]
