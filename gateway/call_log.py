"""What an operation's upstream calls were like, for whoever asks to be told."""

import dataclasses
import time
from collections.abc import Awaitable

from gateway.errors import GatewayError, UpstreamError

# An operation makes no more than its budget; what it has renewed behind is not noted.
_MOST_NOTED = 1000


@dataclasses.dataclass(slots=True)
class LoggedCall:
    """One call, all its tries included.

    Attributes:
        path: that was called, without parameters.
        offset: of the page that was asked for; None where there are no pages.
        start_s: since the log began.
        length_s: from the wait for its turn to the end of its body; None while it runs.
        body_bytes: of the answer, decompressed; None where there was none.
        failure: the error's code.
        status: upstream's, where that is why.
    """

    path: str
    offset: str | None
    start_s: float
    length_s: float | None = None
    body_bytes: int | None = None
    failure: str | None = None
    status: int | None = None


class CallLog:
    """The calls of one operation, in the order of their beginning.

    Attributes:
        calls: no more than a thousand.
    """

    def __init__(self) -> None:
        self._begun_s = time.monotonic()
        self.calls: list[LoggedCall] = []

    @property
    def now_s(self) -> float:
        """Seconds since the log began."""
        return time.monotonic() - self._begun_s

    async def noted(self, path: str, offset: str | None, body: Awaitable[bytes]) -> bytes:
        """The body of a call that is made now.

        Raises:
            GatewayError: as the call does.
        """
        call = LoggedCall(path, offset, self.now_s)
        if len(self.calls) < _MOST_NOTED:
            self.calls.append(call)
        try:
            found = await body
        except GatewayError as error:
            call.failure = error.code
            call.status = error.upstream_status if isinstance(error, UpstreamError) else None
            raise
        else:
            call.body_bytes = len(found)
            return found
        finally:
            call.length_s = self.now_s - call.start_s
