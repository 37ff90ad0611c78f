"""Addresses of documents: made of ids alone, and only of such as a path and a filename may be made of."""

import pytest

from gateway.billing import Invoice, TaxReceipt
from tests.execution.runs import Runs, invoice

pytestmark = pytest.mark.anyio

BOTH = '{invoice(id: "G1") {statement {url} taxReceipts {document {url}} amendments {statement {url}}}}'
AT = "/documents/invoices"


async def test_an_answer_with_documents_is_compiled_and_kept():
    runs = Runs()
    runs.source.documents["G1"] = invoice(tax_receipts=(TaxReceipt("7", invoice_id="G1"),), amendments=(Invoice("A1"),))
    shown = {
        "data": {
            "invoice": {
                "statement": {"url": f"{AT}/G1/statement"},
                "taxReceipts": [{"document": {"url": f"{AT}/G1/receipts/7"}}],
                "amendments": [{"statement": {"url": f"{AT}/A1/statement"}}],
            }
        }
    }

    assert [await runs.run(BOTH, key=key) for key in (b"one", b"other")] == [shown, shown]
    assert (runs.executor.plans.compiled, runs.executor.plans.left) == (1, 0)
    assert runs.kept(key=b"other") == shown
    assert runs.source.calls == ["G1"]


@pytest.mark.parametrize("compiles", [True, False])
async def test_an_id_of_upstreams_that_no_path_may_hold_has_no_address(compiles):
    runs = Runs(compiles=compiles)
    receipts = (TaxReceipt('7"; filename=evil', invoice_id="G1"), TaxReceipt("../7", invoice_id="G1"), TaxReceipt("7"))
    runs.source.documents["G1"] = invoice(tax_receipts=receipts, amendments=(Invoice("../A1"), Invoice("summaries")))
    for key in (b"one", b"other"):
        answer = await runs.run(BOTH, key=key)

    assert answer["data"]["invoice"]["taxReceipts"] == [{"document": None}] * 3
    assert answer["data"]["invoice"]["amendments"] == [{"statement": None}] * 2
