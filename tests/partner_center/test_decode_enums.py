"""Enum values: one member whatever its spelling, and UNKNOWN, logged and counted, for the rest."""

import json

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway import telemetry
from gateway.billing import BillingProvider, DocumentType, InvoiceLineItemType
from gateway.partner_center import decode
from gateway.partner_center.enums import member


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch):
    monkeypatch.setattr(telemetry, "_told", set())
    telemetry.unknown_enum_values.clear()


def spellings(name: str) -> set[str]:
    """NAME_LIKE_THIS in snake, camel and Pascal case, with spaces and with hyphens."""
    words = name.lower().split("_")
    pascal = "".join(word.capitalize() for word in words)
    return {
        name,
        "_".join(words),
        pascal,
        pascal[0].lower() + pascal[1:],
        " ".join(word.capitalize() for word in words),
        "-".join(words),
        "".join(words),
    }


@pytest.mark.parametrize(
    ("kind", "expected", "spelling"),
    [
        (kind, expected, spelling)
        for kind in (DocumentType, BillingProvider, InvoiceLineItemType)
        for expected in kind
        if expected.name != "UNKNOWN"
        for spelling in sorted(spellings(expected.name))
    ],
)
def test_a_member_is_known_by_each_of_its_spellings(kind, expected, spelling):
    assert member(kind, spelling) is expected
    assert telemetry.unknown_enum_values == {}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (DocumentType, ["NONE", "INVOICE", "VOID_NOTE", "ADJUSTMENT_NOTE", "UNKNOWN"]),
        (BillingProvider, ["NONE", "OFFICE", "AZURE", "ONE_TIME", "MARKETPLACE", "ALL", "UNKNOWN"]),
        (InvoiceLineItemType, ["NONE", "USAGE_LINE_ITEMS", "BILLING_LINE_ITEMS", "UNKNOWN"]),
    ],
)
def test_a_number_is_the_member_that_the_sdk_counts_so(kind, names):
    assert [member(kind, number).name for number in range(len(names))] == names
    assert member(kind, -1) is kind.UNKNOWN


@pytest.mark.parametrize("value", [None, ""])
def test_no_value_is_no_member(value):
    assert member(DocumentType, value) is None
    assert telemetry.unknown_enum_values == {}


@given(st.text() | st.integers())
def test_any_value_is_a_member_or_nothing(value):
    assert member(BillingProvider, value) in {*BillingProvider, None}


def test_an_unknown_value_is_counted_each_time_and_logged_once():
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            body = {"id": "G1", "documentType": "rebill_note", "invoiceDetails": [{"billingProvider": "quantum"}]}
            decode.invoice(json.dumps(body).encode())

    assert telemetry.unknown_enum_values == {"DocumentType": 3, "BillingProvider": 3}
    assert sorted((log["enum"], log["value"], log["log_level"]) for log in logs) == [
        ("BillingProvider", "quantum", "warning"),
        ("DocumentType", "rebill_note", "warning"),
    ]


def test_the_wires_own_unknown_is_unknown_too():
    assert member(DocumentType, "unknown") is DocumentType.UNKNOWN
    assert telemetry.unknown_enum_values == {"DocumentType": 1}


def test_a_flood_of_unknown_values_is_counted_in_full_and_logged_a_hundred_times():
    with structlog.testing.capture_logs() as logs:
        for number in range(150):
            member(DocumentType, f"note_{number}")

    assert telemetry.unknown_enum_values == {"DocumentType": 150}
    assert [log["value"] for log in logs] == [f"note_{number}" for number in range(100)]


def test_a_long_unknown_value_is_logged_in_part():
    with structlog.testing.capture_logs() as logs:
        member(DocumentType, "x" * 10_000)

    assert [log["value"] for log in logs] == ["x" * 64]
