"""The playground in a real browser: the page a newcomer opens, and the button they press."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

EXECUTE = ".graphiql-execute-button"
EDITOR_IS_READY = (
    f"!!document.querySelector('{EXECUTE}') && !!document.querySelector('.graphiql-query-editor .view-line')"
)
STATEMENT = '{invoice(id: "G000100143") {statement {url}}}'
INVOICE_ID = "(document.querySelector('.result-window')?.innerText ?? '').match(/[DG]\\d{6,}/)?.[0]"


@pytest.fixture
def browser(need) -> Iterator[Chromium]:
    with Chromium(need("chromium")) as browser:
        yield browser


def assert_stayed_home(browser: Chromium, origin: str) -> None:
    strangers = [url for url in browser.requests if not url.startswith(f"{origin}/")]

    assert strangers == []
    assert browser.problems == []


def test_the_first_query_answers_at_the_press_of_the_button(browser, demo):
    browser.open(f"{demo.url}/")
    browser.wait_for(EDITOR_IS_READY)
    browser.click(EXECUTE)
    browser.wait_for(INVOICE_ID)

    assert browser.evaluate("location.href") == f"{demo.url}/graphql"
    assert browser.evaluate("document.title") == "Partner Center Gateway"
    assert_stayed_home(browser, demo.url)


def test_a_statement_is_opened_by_its_link_with_the_header_editors_token(browser, start):
    demo = start("demo", "--auth", "obo", "--port", "0")
    browser.open(f"{demo.url}/graphql?query={quote(STATEMENT)}")
    browser.wait_for(EDITOR_IS_READY)
    browser.click(EXECUTE)
    browser.wait_for("document.querySelector('#pdfs button')?.innerText === 'Open G000100143/statement'")
    browser.evaluate("document.querySelector('#pdfs button').focus()")
    browser.press("Enter")
    browser.wait_for("performance.getEntriesByType('resource').some(({name}) => name.endsWith('/statement'))")

    assert f"{demo.url}/documents/invoices/G000100143/statement" in browser.requests
    assert_stayed_home(browser, demo.url)
    assert browser.follow("blob:").startswith(f"blob:{demo.url}/")
    assert browser.wait_for("document.readyState === 'complete' && document.contentType") == "application/pdf"
    assert browser.problems == []


def test_the_documentation_knows_the_schema_on_a_phone_in_the_dark(browser, demo):
    browser.set_viewport(390, 844, dark=True)
    browser.open(f"{demo.url}/graphql")
    browser.wait_for(EDITOR_IS_READY)
    browser.click(".graphiql-sidebar button[aria-label^='Show Documentation']")
    browser.wait_for("document.querySelector('.graphiql-doc-explorer')?.innerText.includes('InvoiceSummaries')")

    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    assert browser.evaluate("!!document.querySelector('.monaco-editor.vs-dark')") is True
    assert_stayed_home(browser, demo.url)


def test_a_bearer_token_is_not_kept(browser, demo):
    browser.open(f"{demo.url}/graphql")
    browser.wait_for(EDITOR_IS_READY)
    browser.click(".graphiql-editor-tools button:nth-child(2)")
    browser.click(".graphiql-editor-tool .graphiql-editor:not(.hidden)")
    browser.type_text('{"X-Probe": "not-to-be-kept"}')
    browser.wait_for("document.querySelector('.graphiql-editor-tool').innerText.includes('not-to-be-kept')")
    # A tab is stored half a second after each change: once this one is, the header before it would be too.
    browser.click(".graphiql-query-editor .graphiql-editor")
    browser.type_text("# typed later\n")
    browser.wait_for("localStorage['partner-center-gateway:graphiql:tabState']?.includes('typed later')")

    assert browser.evaluate("JSON.stringify(localStorage).includes('not-to-be-kept')") is False
