"""Invoice ids: one spelling, and never another path, a query or a host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadUserInputError
from gateway.invoice_id import canonical, is_one, parse

GOOD = ["G000024135", "D02005YFHI", "a", "a-b_c", "-", "_", "A" * 64, "summaries2", "my-summary"]

BAD = [
    "",
    "A" * 65,
    ".",
    "..",
    "../customers",
    "..%2fcustomers",
    "G1/lineitems",
    "G1?size=1",
    "G1#part",
    "G1%00",
    "G1\n",
    " G1",
    "G 1",
    "G1;v=1",
    "//evil.example",
    "https://evil.example/",
    "@evil.example",
    "G1\\..",
    "\u0661",
    "\uff271",
    "G1\u0000",
    "summaries",
    "summary",
    "unbilled",
    "estimates",
    "Summaries",
    "UNBILLED",
    "OneTime-",
    "OneTime-summaries",
    "Recurring-../customers",
]


@pytest.mark.parametrize("invoice_id", GOOD)
@pytest.mark.parametrize("prefix", ["", "OneTime-", "Recurring-", "onetime-", "RECURRING-"])
def test_an_id_loses_its_prefix_and_nothing_else(invoice_id, prefix):
    assert parse(prefix + invoice_id) == invoice_id


@pytest.mark.parametrize("text", BAD)
def test_what_can_be_no_id_is_bad_user_input(text):
    with pytest.raises(BadUserInputError) as raised:
        parse(text)

    assert raised.value.extensions == {"code": "BAD_USER_INPUT"}


@given(st.text())
def test_whatever_is_taken_as_an_id_is_one_plain_segment(text):
    try:
        invoice_id = parse(text)
    except BadUserInputError:
        return

    assert is_one(invoice_id)
    assert invoice_id.isascii()
    assert invoice_id.replace("-", "").replace("_", "").isalnum() or not invoice_id.strip("-_")


@pytest.mark.parametrize("text", ["Prepaid-G1", "OneTimeG1", "G1-OneTime", "one_time-G1"])
def test_what_is_no_prefix_stays(text):
    assert canonical(text) == text


@pytest.mark.anyio
@pytest.mark.parametrize("text", BAD)
async def test_nothing_is_asked_of_upstream_for_what_can_be_no_id(start_gateway, sandbox, text):
    gateway = await start_gateway()
    errors = await gateway.errors("query ($id: ID!) { invoice(id: $id) { id } }", id=text)

    assert errors == [(["invoice"], "BAD_USER_INPUT")]
    assert sandbox.calls() == []
