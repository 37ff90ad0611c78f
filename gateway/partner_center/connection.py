"""One connection to Partner Center, and how much it takes in of an answer before anything else can judge it.

aiohttp (3.14) bounds a header and their number, but not how often an interim answer comes, nor what stands around the
pieces of a chunked body. Such an answer never gets longer for its reader, and keeps the event loop busy until the
call's time-out.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from typing_extensions import override

# Heads, and what stands around the pieces of a body, may be as long as the body and this. It is also more than what
# comes in one piece from the socket, of which a part may not be taken apart yet.
MAX_FRAMING_BYTES = 1024**2
# 100 and 103 come once or a few times (RFC 9110, 15.2; RFC 8297).
MAX_INTERIM_ANSWERS = 16


class HostileAnswerError(aiohttp.ClientError):
    """An answer's framing is broken, or much longer than any answer needs."""


class BoundedConnection(ResponseHandler):
    """A connection whose answers end with an error where more comes for them than an answer needs.

    Whoever reads an answer closes its connection on any error, so it needs no closing here.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._bytes_of_answer = 0
        self._interim_answers = 0

    @override
    def set_response_params(self, **parameters: Any) -> None:
        """Called before each request."""
        self._bytes_of_answer = 0
        self._interim_answers = 0
        super().set_response_params(**parameters)

    @override
    def data_received(self, data: bytes) -> None:
        self._bytes_of_answer += len(data)
        body_bytes = 0 if self._payload is None else self._payload.total_bytes
        if self._bytes_of_answer > 2 * body_bytes + MAX_FRAMING_BYTES:
            self._refuse()
            return
        super().data_received(data)
        if self.exception() is not None:
            # Its framing is broken. aiohttp tells this to whoever waits for a head, but not to whoever reads a body.
            self._refuse_body()

    @override
    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Called with the head of each answer; with those of interim ones too."""
        message, _body = data
        self._interim_answers += message.code < HTTPStatus.OK
        if self._interim_answers > MAX_INTERIM_ANSWERS:
            self._refuse()
        else:
            super().feed_data(data, size)

    def _refuse(self) -> None:
        self._refuse_body()
        self.set_exception(HostileAnswerError("more comes than an answer needs"))

    def _refuse_body(self) -> None:
        body, self._payload = self._payload, None
        # Forgotten, so that the connection's end does not put another error in the place of this one.
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(HostileAnswerError("the body goes wrong"))
