"""A PDF as an HTTP response, which is either whole or seen to be broken."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from gateway.pdf import CONTENT_TYPE, PdfSink
from gateway.web.cycle import BREAKING_OFF_EXTENSION


class PdfResponse(PdfSink):
    """Sends pieces as they are written; each write returns when the caller has taken enough of what came before.

    Args:
        filename: under which browsers save it; of characters that stand for themselves.
        scope: of the request.
        send: of the request.

    Attributes:
        has_begun: whether the status line is on its way.
    """

    def __init__(self, filename: str, scope: Scope, send: Send) -> None:
        self._filename = filename
        self._scope = scope
        self._send = send
        self.has_begun = False

    @override
    async def begin(self, length_bytes: int | None) -> bool:
        headers = [
            (b"content-type", CONTENT_TYPE.encode()),
            # RFC 6266, 4. A name of our own: upstream's is text of others.
            (b"content-disposition", f'attachment; filename="{self._filename}"'.encode("ascii")),
            (b"cache-control", b"private, no-store"),
        ]
        if length_bytes is not None:
            headers.append((b"content-length", b"%d" % length_bytes))
        self.has_begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        return bool(self._scope["method"] != "HEAD")

    @override
    async def write(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self) -> None:
        """All of it has been written."""
        await self._send({"type": "http.response.body", "body": b""})

    async def break_off(self) -> None:
        """No more of it will come: end the connection before the length, or the last chunk, that makes it whole."""
        if BREAKING_OFF_EXTENSION in self._scope.get("extensions", {}):
            await self._send({"type": BREAKING_OFF_EXTENSION})
        # Other servers close the connection of an application that returns before its answer is complete.

    async def refuse(self, refusal: Response, receive: Receive) -> None:
        """Send another response in its place, before it has begun."""
        await refusal(self._scope, receive, self._send)
