"""Collections of invoices, and the windows they are asked for by."""

from datetime import date

import pytest

from gateway.billing import EVERYTHING, Invoice, InvoiceCollection, InvoiceDateWindow, letters

NEW_YEAR, SPRING, SUMMER, AUTUMN = date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1)


def test_a_collection_has_each_document_once_and_amendments_by_id_only():
    note = Invoice("G3", amends_of="G1")
    first, second = Invoice("G1", amendments=(note,)), Invoice("G2")
    collection = InvoiceCollection([first, second, Invoice("G1", state="a second time")])

    assert collection.documents == collection.invoices == (first, second)
    assert collection.by_id == {"G1": first, "G2": second, "G3": note}


def test_a_document_that_amends_another_is_no_item_of_its_own():
    first, note = Invoice("G1"), Invoice("G3", amends_of="G1")
    collection = InvoiceCollection([note, first])

    assert collection.documents == (note, first)
    assert collection.invoices == (first,)


def test_what_upstream_lists_goes_before_what_it_nests():
    listed, nested = Invoice("G3", amends_of="G1", state="listed"), Invoice("G3", amends_of="G1", state="nested")
    collection = InvoiceCollection([Invoice("G1", amendments=(nested,)), listed])

    assert collection.by_id["G3"] == listed


@pytest.mark.parametrize(
    ("one", "other", "hull"),
    [
        ((NEW_YEAR, SPRING), (SUMMER, AUTUMN), (NEW_YEAR, AUTUMN)),
        ((NEW_YEAR, AUTUMN), (SPRING, SUMMER), (NEW_YEAR, AUTUMN)),
        ((NEW_YEAR, None), (SPRING, SUMMER), (NEW_YEAR, None)),
        ((None, SPRING), (NEW_YEAR, SUMMER), (None, SUMMER)),
        ((None, SPRING), (SUMMER, None), (None, None)),
        ((None, None), (SPRING, SUMMER), (None, None)),
    ],
)
def test_the_hull_of_two_windows_is_the_smallest_that_holds_both(one, other, hull):
    one_window, other_window = InvoiceDateWindow(*one), InvoiceDateWindow(*other)

    assert one_window.hull(other_window) == other_window.hull(one_window) == InvoiceDateWindow(*hull)


def test_only_the_window_open_on_both_sides_is_everything():
    assert EVERYTHING.is_everything
    assert not InvoiceDateWindow(from_day=NEW_YEAR).is_everything
    assert not InvoiceDateWindow(until_day=NEW_YEAR).is_everything


@pytest.mark.parametrize("spelling", ["one_time", "OneTime", "oneTime", "One Time", "one-time", "ONE_TIME"])
def test_all_spellings_of_a_name_share_their_letters(spelling):
    assert letters(spelling) == "onetime"
