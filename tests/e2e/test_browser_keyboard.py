"""The playground by the keyboard alone: all of it is reached, what has the focus is seen to have it, none keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.chromium import Chromium
from tests.e2e.test_browser import EDITOR_IS_READY, STATEMENT, assert_stayed_home

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

# What has the focus: its name, and the width of the ring around it where it is in sight.
FOCUSED = """(() => {
    const it = document.activeElement;
    const { left, width } = it.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const name = it.matches('.graphiql-editor') ? 'editor' : it.ariaLabel || it.innerText.trim();
    return [name.split(/ \\(|:/)[0], left < 0 || !width ? null : `${outlineStyle} ${outlineWidth}`];
})()"""
TYPED = "monaco.editor.getModels().find(({ uri }) => uri.path.endsWith('%s')).getValue()"
RING = "solid 2px"
BEFORE_THE_QUERY = [
    "Show Documentation Explorer",
    "Show GraphiQL Explorer",
    "Re-fetch GraphQL schema",
    "Open short keys dialog",
    "Open settings dialog",
    "<untitled>",
    "New tab",
    "editor",
]
AFTER_IT = ["Execute query", "Prettify query", "Merge fragments into query", "Copy query", "Variables", "Headers"]
AFTER_THE_RUN = ["Last run", "Calls of the last run", "Result Window", "Open G000100143/statement"]


@pytest.fixture
def browser(need) -> Iterator[Chromium]:
    with Chromium(need("chromium")) as browser:
        yield browser


def test_everything_is_reached_seen_and_left_by_keyboard(browser, demo):
    def tabs(count: int) -> list[list[str | None]]:
        reached = []
        for _ in range(count):
            browser.press("Tab")
            reached.append(browser.evaluate(FOCUSED))
        return reached

    def press(*keys: str) -> list[str | None]:
        for key in keys:
            browser.press(key)
        focused: list[str | None] = browser.evaluate(FOCUSED)
        return focused

    browser.open(f"{demo.url}/graphql?query={quote(STATEMENT)}")
    browser.wait_for(EDITOR_IS_READY)
    # While GraphiQL reads the schema, its button for that takes no focus.
    browser.wait_for("document.querySelector('[aria-label^=Re-fetch]').disabled === false")
    assert tabs(8) == [[name, RING] for name in BEFORE_THE_QUERY]

    assert press("Enter", "Tab")[0] == "Editor content"
    assert browser.evaluate(TYPED % "operation.graphql") == f"  {STATEMENT}"
    assert press("Escape") == ["editor", RING]

    assert tabs(6) == [[name, RING] for name in AFTER_IT]
    press("Enter")
    assert tabs(2) == [["Hide editor tools", RING], ["editor", RING]]
    assert press("Enter")[0] == "Editor content"
    browser.type_text("{}")
    assert browser.evaluate(TYPED % "headers.json") == "{}"
    assert press("Escape") == ["editor", RING]

    browser.press("Enter", ctrl=True)
    browser.wait_for("!!document.querySelector('#pdfs button')")
    assert tabs(4) == [[name, RING] for name in AFTER_THE_RUN]
    assert_stayed_home(browser, demo.url)
