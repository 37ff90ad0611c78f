"""How line items are asked for, and where the page after one begins."""

import pytest

from gateway.billing import KeyValuePair, Link
from gateway.errors import UpstreamUnreadableError
from gateway.line_items import LineItemsPart, Place
from gateway.partner_center.line_item_paging import place_after, request_of

TOKEN = "MS-ContinuationToken"


@pytest.mark.parametrize(
    ("asked", "place", "request_", "headers"),
    [
        (("office", "billinglineitems"), Place(), {"offset": "0"}, {}),
        (("azure", "usagelineitems"), Place(500), {"offset": "500"}, {}),
        (("onetime", "billinglineitems"), Place(), {}, {}),
        (("onetime", "billinglineitems"), Place(500), {"offset": "500"}, {}),
        (("onetime", "billinglineitems"), Place(500, "a,b="), {"seekOperation": "Next"}, {TOKEN: "a,b="}),
    ],
)
def test_offsets_and_tokens_are_sent_where_they_belong(asked, place, request_, headers):
    request = request_of(LineItemsPart("G1", *asked, "GBP"), place)

    assert request == {"provider": asked[0], "invoicelineitemtype": asked[1], "size": "500"} | request_
    assert request.headers == headers


@pytest.mark.parametrize(("currency", "more"), [("GBP", {"currencycode": "GBP", "period": "previous"}), (None, {})])
def test_usage_of_the_new_commerce_is_asked_for_with_its_currency(currency, more):
    request = request_of(LineItemsPart("G1", "marketplace", "usagelineitems", currency), Place())

    assert request == {"provider": "marketplace", "invoicelineitemtype": "usagelineitems", "size": "500"} | more


def link(uri="/invoices/G1/lineitems?size=500", token=None):
    return Link(uri, "GET", () if token is None else (KeyValuePair(TOKEN, token),))


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ((None, None), None),
        ((link(""), None), None),
        ((link("/x?size=2&offset=700"), None), Place(700)),
        ((link("/x?size=2&offset="), None), Place(600)),
        ((link("/x?size=2&offset=100"), None), Place(600)),
        ((link("/x?offset=" + "9" * 5000), None), Place(600)),
        ((link("/x?size=2?seekOperation=Next", "t=="), None), Place(600, "t==")),
        ((None, "AQAAAA=="), Place(600, "AQAAAA==")),
        ((link(token="in link"), "beside"), Place(600, "beside")),
    ],
)
def test_the_next_page_is_where_upstream_says_or_behind_this_one(named, place):
    assert place_after(Place(100), 500, *named) == place


def test_an_offset_behind_an_empty_page_leads_nowhere_and_a_token_leads_on():
    assert place_after(Place(500), 0, link("/x?offset=1000"), None) is None
    assert place_after(Place(500, "one"), 0, link(token="two"), None) == Place(500, "two")


@pytest.mark.parametrize("token", ["one", "x" * 4097, "two\r\nX-Injected: 1", "é"])
def test_a_token_that_repeats_itself_or_cannot_be_sent_is_an_error(token):
    with pytest.raises(UpstreamUnreadableError):
        place_after(Place(0, "one"), 500, link(token=token), None)


def test_a_token_is_found_under_any_spelling_of_its_headers_name():
    sought = Link("/x?seekOperation=Next", "GET", (KeyValuePair(TOKEN.lower(), "two"),))

    assert place_after(Place(0, "one"), 500, sought, None) == Place(500, "two")


def test_a_page_to_be_sought_without_a_token_is_an_error():
    with pytest.raises(UpstreamUnreadableError):
        place_after(Place(), 500, link("/x?size=2?seekOperation=Next"), None)
