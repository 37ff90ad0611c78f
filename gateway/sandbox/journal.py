"""The journal: which requests the sandbox was sent, for tests to assert."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.datastructures import Headers

# More requests than any test sends on purpose; beyond it only the count goes on.
_KEPT_REQUESTS: Final = 10_000


class Journal:
    """Requests in the order they came, refused ones included, but none to the control endpoint."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT_REQUESTS)
        self._in_flight = 0
        self._peak = 0

    def enter(self, method: str, path: str, query: str, partner: str | None, headers: Headers) -> int:
        """Notes a request as begun; returns its number, from 1, since the journal was reset."""
        self.count += 1
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)
        self._entries.append(
            {
                "method": method,
                "path": path,
                "query": query,
                "partner": partner,
                "requestId": headers.get("ms-requestid"),
                "correlationId": headers.get("ms-correlationid"),
                "headers": {name: value for name, value in headers.items() if name != "authorization"},
            }
        )
        return self.count

    def leave(self) -> None:
        self._in_flight -= 1

    def reset(self) -> None:
        """Forgets all but the requests still in flight, which go on to count as such."""
        self.count = 0
        self._peak = self._in_flight
        self._entries.clear()

    def report(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "inFlight": self._in_flight,
            "peakInFlight": self._peak,
            "requests": list(self._entries),
        }
