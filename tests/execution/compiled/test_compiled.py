"""Which operations are compiled, and that what surprises them is graphql-core's. What they answer: `differential`."""

from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from gateway.billing import Invoice, InvoiceDetail
from gateway.errors import UpstreamUnavailableError
from gateway.schema import build_schema
from gateway.schema.limits.maxima import KEPT_DOCUMENTS
from tests.execution.runs import CHARGED, ONE, Runs, invoice

pytestmark = pytest.mark.anyio

DEEP = """query Deep($ids: [ID!]!, $details: Boolean = true) {
  invoicesById(ids: $ids) {
    ...Parts
    amendments { id ...Parts }
  }
}
fragment Parts on Invoice {
  kind: __typename invoiceDetails @include(if: $details) { billingProvider } pdfDownloadLink
}"""


async def counted(runs, document=ONE, **named):
    """The answer, and how many runs were compiled and left since before."""
    before = runs.executor.plans.compiled, runs.executor.plans.left
    answer = await runs.run(document, key=None, **named)
    plans = runs.executor.plans
    return answer, (plans.compiled - before[0], plans.left - before[1])


async def test_a_document_is_compiled_from_its_second_run_on():
    runs = Runs()
    document = ONE + "# of this test alone"

    assert await counted(runs, document) == (CHARGED, (0, 0))
    assert await counted(runs, document) == (CHARGED, (1, 0))
    assert runs.source.calls == ["G1"]


async def test_fields_that_have_to_be_waited_for_are_filled_in_where_they_stand():
    runs = Runs()
    partial = Invoice("A1", invoice_details=(InvoiceDetail(),))
    runs.source.documents["G1"] = invoice(amendments=(partial,), pdf_download_link="/G1")
    runs.source.documents["A1"] = invoice("A1", pdf_download_link="/A1")
    for _ in range(2):
        answer, counts = await counted(runs, DEEP, variables={"ids": ["G1"]})

    amendment = {
        "id": "A1",
        "kind": "Invoice",
        "invoiceDetails": [{"billingProvider": None}],
        "pdfDownloadLink": "/A1",
    }
    whole = {"kind": "Invoice", "invoiceDetails": [], "pdfDownloadLink": "/G1", "amendments": [amendment]}
    assert answer == {"data": {"invoicesById": [whole]}}
    assert list(answer["data"]["invoicesById"][0]["amendments"][0]) == list(amendment)
    assert counts == (1, 0)
    assert runs.source.calls == ["G1", "A1"]


async def test_equal_fields_cost_one_resolver_and_stand_under_every_name():
    runs = Runs()
    document = "query ($id: ID!) {" + " ".join(f"a{n}: invoice(id: $id) {{id}}" for n in range(50)) + "}"
    for _ in range(2):
        answer, counts = await counted(runs, document, variables={"id": "G1"})

    assert answer == {"data": {f"a{number}": {"id": "G1"} for number in range(50)}}
    assert counts == (1, 0)


async def test_of_equal_fields_each_says_that_it_is_stale():
    runs = Runs(windows=(10, 60, 60))
    document = '{a: invoice(id: "G1") {id} b: invoice(id: "G1") {id} c: invoice(id: "G2") {id}}'
    await counted(runs, document)
    runs.clock.now_s += 20
    answer, counts = await counted(runs, document)

    assert [entry["path"] for entry in answer["extensions"]["freshness"]] == [["a"], ["b"], ["c"]]
    assert counts == (0, 1)


SURPRISES = {
    "a float for a Decimal": {"total_charges": 1.5},
    "no id": {"id": None},
    "a number for a text": {"state": 5},
    "a mapping for a detail": {"invoice_details": ({},)},
    "a set for a list": {"invoice_details": {InvoiceDetail()}},
    "an error for a receipt": {"tax_receipts": (ValueError("no receipt"),)},
    "nothing for a receipt": {"tax_receipts": (None,)},
    "a naive text": {"invoice_date": "2018-01-01"},
}


@pytest.mark.parametrize("members", SURPRISES.values(), ids=SURPRISES.keys())
async def test_a_value_that_is_not_as_promised_is_left_to_graphql_core(members):
    parts = "invoiceDetails {billingProvider} taxReceipts {__typename}"
    document = f'{{invoice(id: "G1") {{id totalCharges state invoiceDate {parts}}}}}'
    compiling, core = Runs(cache_url="none://"), Runs(cache_url="none://", compiles=False)
    for runs in (compiling, core):
        runs.source.documents["G1"] = invoice(**members)
    with capture_logs():
        await compiling.run(document, key=None)
        answer, counts = await counted(compiling, document)
        by_core = await core.run(document, key=None)

    assert answer == by_core
    assert counts == (0, 1)
    assert compiling.source.calls == ["G1", "G1"]


async def test_a_resolvers_failure_costs_no_call_again():
    runs = Runs(cache_url="none://")
    runs.source.documents["G2"] = UpstreamUnavailableError("down")
    document = '{a: invoice(id: "G1") {id} b: invoice(id: "G2") {id}}'
    await counted(runs, document)
    answer, counts = await counted(runs, document)

    assert [error["path"] for error in answer["errors"]] == [["b"]]
    assert answer["data"] == {"a": {"id": "G1"}, "b": None}
    assert counts == (0, 1)
    assert runs.source.calls == ["G1", "G2"] * 2


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{__schema {queryType {name}}}", None),
        ("{invoices(first: 0) {totalCount}}", None),
        ("query ($id: ID!) {invoice(id: $id) {id}}", {"id": {}}),
        ("query ($id: ID!) {invoice(id: $id) {id}}", {}),
        ('query A {invoice(id: "G1") {id}} query B {invoice(id: "G2") {id}}', None),
        ('{invoicesById(ids: ["G1", "?"]) {id}}', None),
    ],
    ids=["introspection", "bad argument", "bad variable", "no variable", "no operation's name", "bad id"],
)
async def test_what_the_function_does_not_know_is_answered_by_graphql_core(document, variables):
    compiling, core = Runs(), Runs(compiles=False)
    for runs in (compiling, core):
        await runs.run(document, key=None, variables=variables)
    answer, counts = await counted(compiling, document, variables=variables)

    assert answer == await core.run(document, key=None, variables=variables)
    assert counts == (0, 1)


async def test_the_values_of_a_toggle_are_functions_of_their_own():
    runs = Runs()
    document = 'query ($c: Boolean!) {invoice(id: "G1") {id totalCharges @include(if: $c) state @skip(if: $c)}}'
    await runs.run(document, key=None, variables={"c": True})
    answers = [await counted(runs, document, variables={"c": value}) for value in (True, False, True)]

    with_charges = {"data": {"invoice": {"id": "G1", "totalCharges": "1.10"}}}
    assert answers == [
        (with_charges, (1, 0)),
        ({"data": {"invoice": {"id": "G1", "state": None}}}, (1, 0)),
        (with_charges, (1, 0)),
    ]


async def test_of_an_operation_with_many_toggles_only_some_are_compiled():
    runs = Runs()
    names = [f"t{number}" for number in range(4)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @include(if: ${name})" for name in names)
    document = f'query ({declared}) {{invoice(id: "G1") {{id {fields}}}}}'
    await runs.run(document, key=None, variables=dict.fromkeys(names, False))
    counts = []
    for number in range(16):
        chosen = {name: bool(number >> at & 1) for at, name in enumerate(names)}
        answer, counted_now = await counted(runs, document, variables=chosen)
        counts.append(counted_now)
        expected = {"id": "G1"} | {name: "G1" for name in names if chosen[name]}
        assert answer == {"data": {"invoice": expected}}

    assert counts == [(1, 0)] * 8 + [(0, 1)] * 8


@pytest.mark.untraced
async def test_functions_are_kept_for_as_many_operations_as_there_are_documents():
    runs = Runs()
    for number in range(KEPT_DOCUMENTS + 10):
        document = f'{{a{number}: invoice(id: "G1") {{id}}}}'
        for _ in range(2):
            await runs.run(document, key=None)

    assert len(runs.executor.plans) == KEPT_DOCUMENTS


async def test_functions_are_kept_for_so_many_fields_and_no_more(monkeypatch):
    monkeypatch.setattr("gateway.execution.compiled.plans.MOST_KEPT_FIELDS", 100)
    runs = Runs()
    for number in range(10):
        fields = " ".join(f"a{at}: id" for at in range(19))
        document = f'{{b{number}: invoice(id: "G1") {{{fields}}}}}'
        for _ in range(2):
            await runs.run(document, key=None)

    assert len(runs.executor.plans) == 5
    assert await counted(runs, document) == ({"data": {"b9": {f"a{at}": "G1" for at in range(19)}}}, (1, 0))


async def test_a_selection_beyond_measure_is_left_to_graphql_core():
    runs = Runs()
    fields = " ".join(f'a{number}: invoice(id: "G{number}") {{...F}}' for number in range(50))
    chain = "id state links {self {uri}}"
    for _ in range(8):
        chain = f"id state amendedInvoice {{{chain}}} currencyCode"
    document = f"{{{fields}}} fragment F on Invoice {{{chain}}}"
    await runs.run(document, key=None)
    _answer, counts = await counted(runs, document)

    assert counts == (1, 0)  # One fragment in 50 places is one function.


async def test_decimals_and_dates_keep_every_digit():
    runs = Runs()
    runs.source.documents["G1"] = invoice(total_charges=Decimal("-0.10000000000000000000000000000000001"))
    for _ in range(2):
        answer, counts = await counted(runs)

    assert answer["data"]["invoice"]["totalCharges"] == "-0.10000000000000000000000000000000001"
    assert counts == (1, 0)


def test_a_schema_that_something_extends_is_not_compiled():
    schema = build_schema()

    assert not schema.is_extended
    schema.extensions = [*schema.extensions, object]
    assert schema.is_extended
