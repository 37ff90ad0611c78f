"""A headless Chromium for tests, driven by its DevTools protocol: real clicks, and a record of all it did."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import websocket

if TYPE_CHECKING:
    from types import TracebackType

START_S = 30.0
REPLY_S = 30.0
POLL_S = 0.05

FLAGS = (
    "--headless=new",
    # Root in a container has no sandbox to offer; only our own loopback pages are opened.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Chromium's own calls home are no business of a test.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-crash-reporter",
    "--remote-debugging-port=0",
)

KEY_CODES = {"Enter": 13, "Escape": 27, "Tab": 9}


class Chromium:
    """One browser with one tab. A context manager: leaving it ends the process and removes the profile.

    Attributes:
        requests: Every URL asked for, by the page and its workers, redirects included, data: URLs not.
        problems: Console errors, uncaught exceptions and policy violations, as text.
    """

    def __init__(self, program: str) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._last_id = 0
        self._session = ""
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            # Without an Origin header, which Chromium would have to be told to trust.
            self._socket = websocket.create_connection(self._devtools_url(), timeout=REPLY_S, suppress_origin=True)
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self._watch(self._session)
            self.set_viewport(1280, 800)
        except BaseException:
            self._end_process()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()
        self._end_process()

    def open(self, url: str) -> None:
        """Returns when the page has fired its load event."""
        reply = self._call("Page.navigate", url=url)
        if "errorText" in reply:
            raise AssertionError(f"{url}: {reply['errorText']}")
        self.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'")

    def evaluate(self, js: str) -> Any:
        """The value of an expression, a promise awaited."""
        reply = self._call("Runtime.evaluate", expression=js, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise AssertionError(f"{js}: {reply['exceptionDetails']}")
        return reply["result"].get("value")

    def wait_for(self, js: str, timeout_s: float = 15.0) -> Any:
        """The first truthy value of an expression."""
        deadline = time.monotonic() + timeout_s
        while not (value := self.evaluate(js)):
            if time.monotonic() > deadline:
                seen = self.evaluate("document.body.innerText")
                raise AssertionError(f"after {timeout_s} s still not: {js}\nproblems: {self.problems}\npage:\n{seen}")
            time.sleep(POLL_S)
        return value

    def follow(self, scheme: str, timeout_s: float = 15.0) -> str:
        """Goes on in the tab of such an address that the page has opened; that address."""
        self._session = ""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for target in self._call("Target.getTargets")["targetInfos"]:
                if target["type"] == "page" and target["url"].startswith(scheme):
                    found = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                    self._session = found["sessionId"]
                    self._watch(self._session)
                    return str(target["url"])
            time.sleep(POLL_S)
        raise AssertionError(f"no tab was opened at {scheme}; problems: {self.problems}")

    def click(self, selector: str) -> None:
        """A mouse press in the middle of the element, as a person would: whatever lies on top gets it."""
        # Once it rests: panes slide into place.
        at = self.wait_for(
            f"""(async (element) => {{
                const before = JSON.stringify(element?.getBoundingClientRect());
                await new Promise((later) => setTimeout(later, 100));
                return before && before === JSON.stringify(element.getBoundingClientRect()) && JSON.parse(before);
            }})(document.querySelector({json.dumps(selector)}))"""
        )
        point = {"x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2}
        self._call("Input.dispatchMouseEvent", type="mouseMoved", **point)
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **point)

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """Presses a key of KEY_CODES, or a letter with Ctrl."""
        code = KEY_CODES.get(key, ord(key[0].upper()))
        text = "\r" if key == "Enter" and not ctrl else ""
        place = key if key in KEY_CODES else f"Key{key.upper()}"
        common = {"key": key, "code": place, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        self._call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self._call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type_text(self, text: str) -> None:
        self._call("Input.insertText", text=text)

    def set_viewport(self, width: int, height: int, *, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _devtools_url(self) -> str:
        # Chromium writes the port it got, then the path, each on a line.
        told = Path(self._profile.name, "DevToolsActivePort")
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if told.exists() and len(lines := told.read_text().splitlines()) > 1:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(POLL_S)
        raise AssertionError(f"Chromium did not start (exit code {self._process.poll()})")

    def _watch(self, session: str) -> None:
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self._send(f"{domain}.enable", session)
        # Workers make requests too; they wait until they are watched.
        self._send("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)
        self._send("Runtime.runIfWaitingForDebugger", session)

    def _send(self, method: str, session: str, **params: Any) -> int:
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return self._last_id

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        sent = self._send(method, self._session, **params)
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == sent:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result
            if "method" in message:
                self._note(message["method"], message["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent" if not params["request"]["url"].startswith("data:"):
                self.requests.append(params["request"]["url"])
            case "Target.attachedToTarget":
                self._watch(params["sessionId"])
            case "Runtime.exceptionThrown":
                self.problems.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "assert"}:
                self.problems.append(json.dumps(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.problems.append(json.dumps(params["entry"]))
            case "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.problems.append(json.dumps(params["issue"]))

    def _end_process(self) -> None:
        # The whole group: Chromium is many processes, and its launcher may be a shell.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._profile.cleanup()
