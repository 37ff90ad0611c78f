"""Pictures of the playground, of a demo with its first query answered.

`python -m tests.e2e.screenshots .github` makes the README's; `--all FOLDER` others, too: in the dark, on a phone, and
with the button of a statement.
"""

import sys
from pathlib import Path
from urllib.parse import quote

from tests.chromium import Chromium
from tests.e2e.gateway_process import GatewayProcess
from tests.e2e.waiting import wait_for

_TELL_TIMEOUT_S = 10
_DESK, _PHONE = (1440, 900), (390, 844)
_EXECUTE = ".graphiql-execute-button"
_READY = f"!!document.querySelector('{_EXECUTE}') && !!document.querySelector('.graphiql-query-editor .view-line')"
_ANSWERED = "/Last run/.test(document.body.innerText)"
_STATEMENT = '{ invoice(id: "G000100143") { totalCharges currencyCode statement { url } } }'


def main(*arguments: str) -> None:
    folder = Path(arguments[-1])
    demo = GatewayProcess("demo", "--port", "0")
    try:
        wait_for(lambda: "Ctrl+C" in demo.output, _TELL_TIMEOUT_S)
        _picture(f"{demo.url}/", folder / "playground.png", _DESK)
        if "--all" in arguments:
            _picture(f"{demo.url}/", folder / "playground-dark.png", _DESK, dark=True)
            _picture(f"{demo.url}/", folder / "playground-phone.png", _PHONE)
            _picture(f"{demo.url}/", folder / "playground-phone-dark.png", _PHONE, dark=True)
            statement = f"{demo.url}/graphql?query={quote(_STATEMENT)}"
            _picture(statement, folder / "playground-statement.png", _DESK)
            _picture(statement, folder / "playground-statement-dark.png", _PHONE, dark=True)
    finally:
        demo.stop()


def _picture(url: str, path: Path, size: tuple[int, int], *, dark: bool = False) -> None:
    with Chromium("chromium") as browser:
        browser.set_viewport(*size, dark=dark)
        browser.open(url)
        browser.wait_for(_READY)
        browser.click(_EXECUTE)
        browser.wait_for(_ANSWERED)
        browser.wait_for("new Promise((done) => setTimeout(() => done(true), 500))")  # Editors colour late.
        browser.screenshot(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
