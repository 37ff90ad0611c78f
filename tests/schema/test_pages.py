"""Pages over any collection: every matching invoice once, in order, whichever way they are walked."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.billing import Invoice, InvoiceCollection
from gateway.errors import BadUserInputError
from gateway.schema.enums import InvoiceOrder
from gateway.schema.filters import Criteria, DateTimeRange, DecimalRange, InvoiceFilter, Within
from gateway.schema.pagination import PageRequest, page_of
from gateway.schema.totals import totals

DATES = st.none() | st.datetimes(timezones=st.just(dt.UTC))
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=22, min_value=-1e12, max_value=1e12)
INVOICES = st.builds(
    Invoice,
    id=st.from_regex(r"[DG][0-9]{1,6}", fullmatch=True),
    invoice_date=DATES,
    total_charges=AMOUNTS,
    paid_amount=AMOUNTS,
    currency_code=st.sampled_from([None, "GBP", "CHF", "EUR"]),
    invoice_type=st.sampled_from([None, "Recurring", "OneTime"]),
)
COLLECTIONS = st.lists(INVOICES, max_size=40).map(InvoiceCollection)
ORDERS = st.sampled_from(list(InvoiceOrder))
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NO_CRITERIA = Criteria.of(None, Within())


def page(collection, order, criteria=NO_CRITERIA, **asked):
    return page_of(collection, PageRequest.of(criteria, order, **asked))


def everything(collection, order, criteria=NO_CRITERIA):
    return list(page(collection, order, criteria).matching)


@pytest.mark.untraced
@given(COLLECTIONS, ORDERS, st.integers(1, 7))
def test_walking_forward_meets_each_invoice_once_in_order(collection, order, size):
    seen, after = [], None
    while True:
        found = page(collection, order, first=size, after=after)
        seen += found.invoices
        if found.end == len(found.matching):
            break
        after = found.cursor(found.invoices[-1])

    assert seen == everything(collection, order)
    assert len(seen) == len(collection.invoices)


@pytest.mark.untraced
@given(COLLECTIONS, ORDERS, st.integers(1, 7))
def test_walking_backward_meets_each_invoice_once_in_order(collection, order, size):
    seen, before = [], None
    while True:
        found = page(collection, order, last=size, before=before)
        seen = [*found.invoices, *seen]
        if found.start == 0:
            break
        before = found.cursor(found.invoices[0])

    assert seen == everything(collection, order)


@pytest.mark.untraced
@given(COLLECTIONS, st.lists(INVOICES, max_size=10), ORDERS, st.integers(1, 5))
def test_a_cursor_holds_its_place_while_invoices_are_added_and_removed(collection, added, order, size):
    found = page(collection, order, first=size)
    if not found.invoices:
        return
    last = found.invoices[-1]
    grown = InvoiceCollection([each for each in collection.documents if each != last] + added)
    following = page(grown, order, first=100, after=found.cursor(last))
    rest = everything(collection, order)[found.end :]

    assert [each for each in following.invoices if each in rest] == [each for each in rest if each in grown.invoices]


@pytest.mark.untraced
@given(COLLECTIONS)
def test_orders_are_the_ones_they_are_named_after(collection):
    def ranks(order, value_of):
        return [value_of(invoice) for invoice in everything(collection, order)]

    def date(invoice):
        return invoice.invoice_date and (invoice.invoice_date - EPOCH) // dt.timedelta(microseconds=1)

    def amount(invoice):
        return invoice.total_charges and Fraction(invoice.total_charges)

    for value_of, ascending, descending in [
        (date, InvoiceOrder.INVOICE_DATE_ASC, InvoiceOrder.INVOICE_DATE_DESC),
        (amount, InvoiceOrder.TOTAL_CHARGES_ASC, InvoiceOrder.TOTAL_CHARGES_DESC),
    ]:
        present = sorted(value for value in map(value_of, collection.invoices) if value is not None)
        missing = [None] * (len(collection.invoices) - len(present))

        assert ranks(ascending, value_of) == present + missing
        assert ranks(descending, value_of) == present[::-1] + missing


def test_missing_values_come_last_and_ties_are_ordered_by_id():
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    collection = InvoiceCollection(
        [Invoice("D2"), Invoice("G2", invoice_date=at), Invoice("D1"), Invoice("G1", invoice_date=at)]
    )
    for order in (InvoiceOrder.INVOICE_DATE_ASC, InvoiceOrder.INVOICE_DATE_DESC):
        assert [each.id for each in everything(collection, order)] == ["G1", "G2", "D1", "D2"]


def test_amounts_that_differ_in_their_last_digit_are_ordered_exactly():
    small, large = Decimal("123456789012345678901234567890.1"), Decimal("123456789012345678901234567890.2")
    collection = InvoiceCollection([Invoice("A", total_charges=small), Invoice("B", total_charges=large)])

    assert [each.id for each in everything(collection, InvoiceOrder.TOTAL_CHARGES_DESC)] == ["B", "A"]


@pytest.mark.untraced
@given(COLLECTIONS)
def test_totals_are_exact_and_leave_out_only_what_has_no_currency(collection):
    found = totals(collection.invoices)
    with_currency = [each for each in collection.invoices if each.currency_code]
    for total in found:
        of_code = [each for each in with_currency if each.currency_code == total.currency_code]

        assert total.count == len(of_code)
        assert Fraction(total.total_charges) == sum(Fraction(each.total_charges or 0) for each in of_code)
        assert Fraction(total.paid_amount) == sum(Fraction(each.paid_amount or 0) for each in of_code)
    assert [total.currency_code for total in found] == sorted({each.currency_code for each in with_currency})


def test_a_sum_keeps_digits_that_the_decimal_context_would_round_away():
    invoices = [
        Invoice("A", currency_code="GBP", total_charges=Decimal(123456789012345678901234567890)),
        Invoice("B", currency_code="GBP", total_charges=Decimal("0.0000000000000000000001")),
    ]

    assert str(totals(invoices)[0].total_charges) == "123456789012345678901234567890.0000000000000000000001"


@pytest.mark.parametrize(
    "sizes", [{"first": 1, "last": 1}, {"first": 0}, {"first": 101}, {"last": -1}, {"last": 0}, {"last": 101}]
)
def test_sizes_out_of_bounds_are_refused(sizes):
    with pytest.raises(BadUserInputError):
        PageRequest.of(NO_CRITERIA, InvoiceOrder.INVOICE_DATE_DESC, **sizes)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "AAAA", "W10", "WyJJTlZPSUNFX0RBVEVfREVTQyIsIiIsZmFsc2UsIngiLCJhIl0", "W" * 10_000, "WyJ" + "/" * 9],
)
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(BadUserInputError):
        PageRequest.of(NO_CRITERIA, InvoiceOrder.INVOICE_DATE_DESC, after=cursor)


@pytest.mark.parametrize(
    ("criteria", "order"),
    [
        (NO_CRITERIA, InvoiceOrder.INVOICE_DATE_ASC),
        (Criteria.of(InvoiceFilter(state="active"), Within()), InvoiceOrder.INVOICE_DATE_DESC),
        (Criteria.of(None, Within("GBP")), InvoiceOrder.INVOICE_DATE_DESC),
    ],
)
def test_a_cursor_of_another_order_or_filter_is_refused(criteria, order):
    cursor = page(InvoiceCollection([Invoice("A")]), InvoiceOrder.INVOICE_DATE_DESC).cursor(Invoice("A"))

    with pytest.raises(BadUserInputError, match="another order or filter"):
        PageRequest.of(criteria, order, after=cursor)


@pytest.mark.untraced
@given(
    st.builds(
        InvoiceFilter,
        currency_code=st.sampled_from([None, "GBP", "gbp"]),
        invoice_type=st.sampled_from([None, "one_time", "RECURRING", "One Time"]),
        invoice_date=st.none() | st.builds(DateTimeRange, from_=DATES, until=DATES),
        total_charges=st.none() | st.builds(DecimalRange, min=AMOUNTS, max=AMOUNTS),
    ),
    COLLECTIONS,
)
def test_the_window_pushed_down_holds_every_invoice_that_matches(asked, collection):
    criteria = Criteria.of(asked, Within())
    window = criteria.window
    for invoice in everything(collection, InvoiceOrder.INVOICE_DATE_ASC, criteria):
        if window.is_everything:
            continue
        assert invoice.invoice_date is not None
        assert window.from_day is None or invoice.invoice_date.date() >= window.from_day
        assert window.until_day is None or invoice.invoice_date.date() < window.until_day


def test_the_end_of_a_date_range_is_outside_and_both_ends_of_an_amount_range_are_inside():
    start, end = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    dates = Criteria.of(InvoiceFilter(invoice_date=DateTimeRange(from_=start, until=end)), Within())
    amounts = Criteria.of(InvoiceFilter(total_charges=DecimalRange(min=Decimal(1), max=Decimal(2))), Within())

    assert dates.matches(Invoice("A", invoice_date=start))
    assert not dates.matches(Invoice("A", invoice_date=end))
    assert not dates.matches(Invoice("A"))
    assert [amounts.matches(Invoice("A", total_charges=Decimal(amount))) for amount in (0, 1, 2, 3)] == [
        False,
        True,
        True,
        False,
    ]
    assert not amounts.matches(Invoice("A"))


def test_a_filter_by_another_currency_than_the_summarys_matches_nothing():
    criteria = Criteria.of(InvoiceFilter(currency_code="CHF"), Within("GBP"))

    assert not criteria.matches(Invoice("A", currency_code="CHF"))
    assert not criteria.matches(Invoice("A", currency_code="GBP"))


def test_conditions_that_look_like_nothing_are_conditions():
    collection = InvoiceCollection([Invoice("A", total_charges=Decimal(-1), state="active"), Invoice("B", state="")])
    at_least_zero = Criteria.of(InvoiceFilter(total_charges=DecimalRange(min=Decimal(0))), Within())
    no_state = Criteria.of(InvoiceFilter(state=""), Within())

    assert everything(collection, InvoiceOrder.INVOICE_DATE_ASC, at_least_zero) == []
    assert [each.id for each in everything(collection, InvoiceOrder.INVOICE_DATE_ASC, no_state)] == ["B"]
