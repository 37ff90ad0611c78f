"""The generated data: the same from the same seed, sums to the documented balances, partners apart."""

import itertools
from decimal import Decimal

import pytest

from gateway.sandbox import create_sandbox
from gateway.sandbox.amounts import DOCUMENTED_BALANCES, Part
from gateway.sandbox.generation import generate, slots
from gateway.sandbox.invoices import balances, outstanding


def test_the_documented_balances_are_those_of_the_document():
    assert {
        Part("GBP", "Recurring"): Decimal("202955.87"),
        Part("GBP", "OneTime"): Decimal("548138.52"),
        Part("CHF", "OneTime"): Decimal("1230.33"),
        Part("EUR", "OneTime"): Decimal("1001.12"),
    } == DOCUMENTED_BALANCES
    assert Decimal("751094.39") == Decimal("202955.87") + Decimal("548138.52")


@pytest.mark.untraced
@pytest.mark.parametrize("partner", ["first", "another"])
@pytest.mark.parametrize("count", [4, 5, 240, 20_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_outstanding_sums_to_the_documented_balances(seed, count, partner):
    invoices = generate(seed, partner, slots(count))

    assert len(invoices) == count
    assert balances(invoices) == DOCUMENTED_BALANCES
    assert all(outstanding(invoice) >= 0 for invoice in invoices)


def test_same_seed_and_partner_give_the_same_invoices():
    assert generate(7, "first", slots(240)) == generate(7, "first", slots(240))
    assert generate(7, "first", slots(240)) != generate(8, "first", slots(240))


def test_ids_of_invoices_and_amendments_are_the_same_for_every_partner_and_unique():
    plan = slots(240)
    first, second = (generate(1, partner, plan) for partner in ("first", "second"))
    ids = [slot.id for slot in plan] + [amendment for slot in plan for amendment in slot.amendment_ids]

    assert ids[:5] == ["D030000001", "G000100001", "G000100002", "G000100003", "D030000002"]
    assert plan[1].amendment_ids == ("G900000001", "G900000002")
    assert len(set(ids)) == len(ids)
    for invoices in (first, second):
        assert {invoice.id for invoice in invoices} == {slot.id for slot in plan}
        assert {amendment.id: amendment.amends_of for invoice in invoices for amendment in invoice.amendments} == {
            amendment: slot.id for slot in plan for amendment in slot.amendment_ids
        }


def test_all_else_differs_between_partners():
    first, second = (
        {invoice.id: invoice for invoice in generate(1, partner, slots(240))} for partner in ("first", "second")
    )
    same_charges = [id_ for id_ in first if first[id_].total_charges == second[id_].total_charges]
    same_dates = [id_ for id_ in first if first[id_].date == second[id_].date]
    same_receipts = [id_ for id_ in first if set(first[id_].tax_receipts) & set(second[id_].tax_receipts)]

    assert (same_charges, same_dates, same_receipts) == ([], [], [])


def test_the_sandbox_has_every_kind_of_document_state_provider_and_date():
    invoices = generate(1, "first", slots(240))
    amendments = [amendment for invoice in invoices for amendment in invoice.amendments]

    assert {(invoice.document_type, invoice.state) for invoice in invoices} == {
        ("invoice", "active"),
        ("void_note", "void"),
        ("adjustment_note", "active"),
    }
    assert {amendment.document_type for amendment in amendments} == {"void_note", "adjustment_note"}
    assert {detail for invoice in invoices for detail in invoice.details} == {
        ("office", "billing_line_items"),
        ("azure", "billing_line_items"),
        ("azure", "usage_line_items"),
        ("one_time", "billing_line_items"),
        ("marketplace", "usage_line_items"),
    }
    assert {invoice.date_shape for invoice in invoices} == {
        "zulu",
        "naive",
        "six_digits",
        "seven_digits",
        "utc_offset",
        "pacific_offset",
    }
    assert {len(invoice.tax_receipts) for invoice in invoices} == {0, 1, 2}
    assert max(-invoice.total_charges.as_tuple().exponent for invoice in invoices) == 16


def test_void_and_settled_invoices_owe_nothing_and_some_are_paid_in_part():
    invoices = generate(1, "first", slots(240))
    voided = [invoice for invoice in invoices if invoice.document_type == "void_note"]
    returned = [invoice for invoice in invoices if invoice.document_type == "adjustment_note"]

    assert all(invoice.total_charges > 0 and outstanding(invoice) == 0 for invoice in voided)
    assert all(invoice.total_charges < 0 and outstanding(invoice) == 0 for invoice in returned)
    assert any(0 < outstanding(invoice) < invoice.total_charges for invoice in invoices)


def test_invoices_are_newest_first():
    invoices = generate(1, "first", slots(240))

    assert all(newer.date >= older.date for newer, older in itertools.pairwise(invoices))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"invoice_count": 3}, "at least 4 invoices, not 3"),
        ({"line_item_count": 0}, "1 to 10000000 line items per kind, not 0"),
        ({"line_item_count": 10_000_001}, "not 10000001"),
    ],
)
def test_counts_out_of_bounds_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        create_sandbox(**arguments)
