"""The playground's panel in a real browser: what the last run asked of Partner Center, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chromium import Chromium
from tests.e2e.test_browser import EDITOR_IS_READY, EXECUTE, INVOICE_ID, assert_stayed_home

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

ROWS = """[...document.querySelectorAll('.upstream tbody tr')].map((row) => [
    ...[...row.cells].map((cell) => cell.textContent.replace(/[\\d,.]+(?= ms$|$)/, '#')),
    Math.round(row.querySelector('.upstream-bar i').getBoundingClientRect().width) >= 3])"""
TITLE = "document.querySelector('.upstream summary')?.innerText.replace(/[\\d.]+ ms/, '#')"
# Whoever asks for an explanation in the header editor is shown it as it is.
PLANNED = """fetch('graphql', {
    method: 'POST', body: JSON.stringify({ query: '{ invoices { totalCount } }' }),
    headers: { 'Content-Type': 'application/json', 'X-Gateway-Explain': 'plan' } }).then((answer) => answer.text())"""
COLD = [
    ["GET /v1/invoices/summaries", "upstream", "", "# ms", "# ms", "#", True],
    ["GET /v1/invoices offset #", "upstream", "", "# ms", "# ms", "#", True],
]
KEPT = [
    ["GET /v1/invoices/summaries", "cache", "", "# ms", "# ms", "\u2013", True],
    ["GET /v1/invoices", "cache", "", "# ms", "# ms", "\u2013", True],
]


@pytest.fixture
def browser(need) -> Iterator[Chromium]:
    with Chromium(need("chromium")) as browser:
        yield browser


def test_the_panel_beside_the_result_shows_the_calls_of_the_last_run(browser, demo):
    browser.open(f"{demo.url}/graphql")
    browser.wait_for(EDITOR_IS_READY)
    assert browser.evaluate("document.querySelector('.upstream')") is None  # GraphiQL has asked for the schema by now.
    browser.click(EXECUTE)
    browser.wait_for(INVOICE_ID)

    assert browser.evaluate(TITLE) == "Last run: 2 calls to Partner Center, #"
    assert browser.evaluate(ROWS) == COLD
    assert browser.evaluate("document.querySelector('.result-window').innerText.includes('upstream')") is False

    browser.set_viewport(390, 844, dark=True)
    browser.click(EXECUTE)
    browser.wait_for(f"{TITLE} === 'Last run: 0 calls to Partner Center, #'")

    assert browser.evaluate(ROWS) == KEPT
    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    edges = browser.evaluate(
        """['.upstream', '.graphiql-response'].map((name) => document.querySelector(name).getBoundingClientRect())
        .map(({ left, right, bottom }) => [left, right, bottom])"""
    )
    assert (edges[0][0] >= edges[1][0], edges[0][1] <= edges[1][1], edges[0][2] <= edges[1][2]) == (True, True, True)
    assert browser.evaluate(PLANNED).startswith('{"data":null,"extensions":{"plan":')
    assert_stayed_home(browser, demo.url)


def test_the_panel_is_reached_and_closed_by_keyboard(browser, demo):
    focused = "document.activeElement.closest('.upstream') && document.activeElement.tagName"
    browser.open(f"{demo.url}/graphql?query=%7B__typename%7D")
    browser.wait_for(EDITOR_IS_READY)
    browser.click(EXECUTE)
    browser.wait_for(TITLE)
    # The last button that GraphiQL has before it.
    browser.evaluate("[...document.querySelectorAll('.graphiql-editor-tools button')].at(-1).focus()")
    reached = []
    for _ in range(2):
        browser.press("Tab")
        reached.append(browser.evaluate(focused))
    browser.evaluate("document.querySelector('.upstream summary').focus()")
    browser.press("Enter")

    assert reached == ["SUMMARY", "DIV"]
    browser.wait_for("!document.querySelector('.upstream').open")
    assert browser.problems == []
