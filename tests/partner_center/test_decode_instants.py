"""The fast way of reading a date says what the slow one says, of every text, and keeps little."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.partner_center.instants import instant, of_any_shape


def two_digits(last: int) -> st.SearchStrategy[str]:
    """From 00 to a little more than what is allowed."""
    return st.integers(0, last + 2).map("{:02}".format)


YEARS = st.sampled_from(["0000", "0001", "0002", "9999", "10000", "999", "\u0662\u0660\u0662\u0663"])
YEARS |= st.integers(0, 9999).map("{:04}".format)
DAYS = st.tuples(YEARS, st.just("-"), two_digits(12), st.just("-"), two_digits(31)).map("".join)
# What Python reads as a date and Partner Center never sends: weeks, days of the year, no hyphens.
DAYS |= st.sampled_from(["2024-W05-1", "2024W051", "2024-W05", "2024-123", "20240308", "2024-02-29", "2023-02-29"])
TIMES = st.tuples(two_digits(24), st.just(":"), two_digits(59), st.just(":"), two_digits(60)).map("".join)
TIMES |= st.sampled_from(["00", "00:00", "000000", "24:00:00", "23:59:60", "235959.5"])
FRACTIONS = st.just("") | st.tuples(st.sampled_from(".,"), st.text("0123456789", max_size=12)).map("".join)
ZONES = st.sampled_from(["", "Z", "z", "ZZ", " UTC", "+00:00", "-00:00", "+0000", "+00", "-08:00", "+05:30"])
ZONES |= st.sampled_from(["+24:00", "+00:00:00", "+00:00:00.000001", "+14:00", "\u22128:00"])
BLANKS = st.sampled_from(["", " ", "\n", "\u00a0"])
DATES = st.tuples(BLANKS, DAYS, st.sampled_from(["T", "t", " ", "_", ""]), TIMES, FRACTIONS, ZONES, BLANKS).map("".join)
USUAL = st.datetimes().map(datetime.isoformat).flatmap(lambda text: st.sampled_from([text, f"{text}Z"]))


@st.composite
def one_character_off(draw) -> str:
    text = draw(USUAL)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.characters() | st.just("")) + text[at + draw(st.integers(0, 1)) :]


@pytest.mark.untraced
@given(USUAL | DATES | DAYS | one_character_off() | st.text())
@settings(max_examples=1000)
@example("0001-01-01T00:00:00Z")
@example("2024-02-30T00:00:00Z")
@example("2023-01-01T24:00:00Z")
@example("2023-12-31T23:59:60Z")
@example("2018-02-08T01:22:37.5897767Z")
@example("2018-02-08T01:22:37.999999999")
@example("2018-02-08T01:22:37.9999999999Z")
@example("2018-02-08T012237Z")
@example("20180208T01:22:37Z")
@example("2018-W06-4T01:22:37Z")
@example("2018-02-08T01:22:37.Z")
@example("2018-02-08T01:22:37,5Z")
@example("2018-02-08T01:22:3\u0667Z")
@example("2018-02-08T01:22:37Z\n")
@example("2018-02-08T01:22:37Z\0")
def test_a_date_is_read_fast_as_it_is_read_slowly(text):
    # Their texts, since two instants are equal in whatever zone.
    assert repr(instant(text)) == repr(of_any_shape(text))


@pytest.mark.parametrize("zone", ["", "Z", "+00:00", "-08:00"])
def test_an_instant_has_pythons_own_utc(zone):
    assert instant(f"2024-03-08T01:22:47.603895{zone}").tzinfo is UTC


def test_long_texts_are_not_kept():
    tracemalloc.start()
    for number in range(200):
        assert instant(f"{number}" + " " * 100_000) is None
    kept_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert kept_bytes < 100_000


def test_dates_without_end_are_kept_up_to_a_bound():
    first = datetime(2024, 1, 1, tzinfo=UTC)
    tracemalloc.start()
    for number in range(20_000):
        moment = first + timedelta(seconds=number)
        assert instant(moment.strftime("%Y-%m-%dT%H:%M:%SZ")) == moment
    kept_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert kept_bytes < 2_000_000
