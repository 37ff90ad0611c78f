"""A request and its answer on a connection: uvicorn's, but that a whole answer leaves in one piece."""

from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from gateway.web.answer_transport import AnswerTransport

# Longer bodies are not copied behind their heads.
_LONGEST_IN_ONE_PIECE = 64 * 1024
# What no header may hold, as in uvicorn; between two headers stand two of them.
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
_NOT_SIMPLE = frozenset({b"connection", b"transfer-encoding"})

BREAKING_OFF_EXTENSION = "gateway.breaking_off"
"""An ASGI extension, and the type of its one message: an answer ends before it is whole, for all to see."""


class Cycle(RequestResponseCycle):
    """One request and its answer.

    uvicorn 0.54 writes a head and its body each for itself, after two regular expressions for each header. Here a head
    waits for its body, and both leave together. Whatever is not simple about an answer is uvicorn's to write.
    """

    transport: AnswerTransport
    _head: Any = None

    @override
    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if not message.get("more_body") and self._write(head, message.get("body", b"")):
                return
            await super().send(head)
        if message["type"] == BREAKING_OFF_EXTENSION:
            # uvicorn need not complain: there is a reason, and who breaks off has told it.
            self.disconnected = True
            self.transport.close()
            return
        await super().send(message)

    def take_body(self) -> bytes | None:
        """The request's body, which is nobody else's then; None where some of it is still to come."""
        if self.more_body or self.disconnected:
            return None
        body, self.body = bytes(self.body), bytearray()
        return body

    def _write(self, start: Any, body: bytes) -> bool:
        """Write a whole answer, where it is simple."""
        headers = start.get("headers", ())
        length = None
        # By a dictionary of them, all of this took a sixth longer.
        for name, value in headers:
            if name == b"content-length":
                length = value
            elif name in _NOT_SIMPLE:
                return False
        lines = [*self.default_headers, *headers]
        head = b"\r\n".join(map(b": ".join, lines))
        is_simple = (
            self.keep_alive
            and length == b"%d" % len(body)
            and len(body) <= _LONGEST_IN_ONE_PIECE
            and len(head) - len(head.translate(None, _CONTROLS)) == 2 * (len(lines) - 1)
            and not (self.disconnected or self.flow.write_paused or self.access_log)
            and self.scope["method"] != "HEAD"
        )
        if is_simple:
            self.response_started = self.response_complete = True
            self.waiting_for_100_continue = False
            self.transport.write_whole(b"".join((STATUS_LINE[start["status"]], head, b"\r\n\r\n", body)))
            self.message_event.set()
            self.on_response()
        return is_simple
