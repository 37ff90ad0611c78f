"""The sandbox's control endpoint, from a test's side: what it was asked, and what it shall do wrong."""

from types import TracebackType
from typing import Any, Self

import httpx

from tests.untraced import untraced


class SandboxControl:
    """Controls a served sandbox.

    Attributes:
        url: its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        # Over plain HTTP; the system's certificates would be read for nothing.
        self._http = httpx.Client(base_url=url, timeout=30, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def reset(self, *kinds: str) -> None:
        """Forget "requests", "faults" and "quirks", or those of them that are named."""
        for what in kinds or ("requests", "faults", "quirks"):
            self._send("DELETE", what)

    def requests(self) -> list[dict[str, Any]]:
        """Every request since the last reset."""
        answer = self._send("GET", "requests").json()
        assert answer["count"] == len(answer["requests"])
        return answer["requests"]

    def peak_in_flight(self) -> int:
        """How many requests were answered at the same time, at most, since the last reset."""
        return self._send("GET", "requests").json()["peakInFlight"]

    def calls(self) -> list[str]:
        """Path and query of every request since the last reset, in order of their arrival."""
        return [request["path"] + ("?" + request["query"] if request["query"] else "") for request in self.requests()]

    def take_calls(self) -> list[str]:
        """`calls`, and forget them."""
        calls = self.calls()
        self._send("DELETE", "requests")
        return calls

    def faults(self, *rules: dict[str, Any]) -> None:
        """Set the rules of what goes wrong; none clears them."""
        self._send("PUT", "faults", list(rules))

    def quirks(self, **switches: Any) -> None:
        """Set switches; those left out take their defaults."""
        self._send("PUT", "quirks", switches)

    def _send(self, method: str, what: str, body: Any = None) -> httpx.Response:
        with untraced():
            return self._http.request(method, f"/_sandbox/{what}", json=body).raise_for_status()
