"""What the bytes of a connection say: one answer after the other, each within bounds. Without any input or output.

llhttp (httptools) bounds nothing: neither the length of a header nor their number, nor how often an interim answer
comes, nor what stands around the pieces of a chunked body. Such an answer never gets longer for its reader, and would
keep the event loop busy until the call's time-out.
"""

from http import HTTPStatus

import httptools

# Heads, and what stands around the pieces of a body, may be as long as the body and this. It is also more than what
# comes in one piece from the socket, of which a part may not be taken apart yet.
MAX_FRAMING_BYTES = 1024**2
# 100 and 103 come once or a few times (RFC 9110, 15.2; RFC 8297).
MAX_INTERIM_ANSWERS = 16
# What aiohttp (3.14) took in, too; servers are set to less.
MAX_HEADERS = 128
MAX_HEADER_BYTES = 8190

# By these names, since Python 3.11 takes as long to look up a member of an enumeration as to call a function.
_CONTINUE, _OK, _SWITCHING_PROTOCOLS = map(int, (HTTPStatus.CONTINUE, HTTPStatus.OK, HTTPStatus.SWITCHING_PROTOCOLS))


class BrokenFramingError(Exception):
    """An answer's framing is broken, or much longer than any answer needs."""


class Framing:
    """Takes answers apart. After each that is complete, `expect` the next.

    Attributes:
        status: of the answer, once its head is complete.
        headers: names and values as they came; trailers are left out.
        is_head_complete: whether status and headers are there.
        is_complete: whether the whole answer has come.
        goes_on: whether another began behind it, that nobody has asked for.
        keeps_alive: of a complete answer, whether its connection may carry another one.
        unread_bytes: of the body, that `take` gives.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.keeps_alive = False
        self.expect()

    def expect(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_head_complete = self.is_complete = self.goes_on = False
        self.unread_bytes = self._interim_answers = 0
        self._pieces: list[bytes] = []
        self._room_bytes = MAX_FRAMING_BYTES

    def feed(self, data: bytes) -> None:
        """Take in what has come.

        Raises:
            BrokenFramingError: no more can be made of this connection's bytes.
        """
        self._room_bytes -= len(data)
        if self._room_bytes < 0:
            raise BrokenFramingError("more comes than an answer needs")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self.is_complete and self.status == _SWITCHING_PROTOCOLS:
                return  # Nobody has asked for another protocol: the status says it all.
            # What it says of the place could be of what came.
            raise BrokenFramingError("not HTTP as it should be") from None

    def end(self) -> bool:
        """The connection has ended. Whether that ends the answer, too: one that does not say where its body ends."""
        if self.is_head_complete and not any(_says_where_the_body_ends(*header) for header in self.headers):
            self.is_complete, self.keeps_alive = True, False
        return self.is_complete

    def take(self) -> bytes:
        """The part of the body that has come and was not taken yet."""
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._pieces = []
        self.unread_bytes = 0
        return body

    # Called by the parser. An error here ends its work, and comes out of `feed`.

    def on_message_begin(self) -> None:
        self.goes_on = self.is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.is_head_complete:
            return
        if len(self.headers) >= MAX_HEADERS or len(name) > MAX_HEADER_BYTES or len(value) > MAX_HEADER_BYTES:
            raise BrokenFramingError("more headers than an answer needs")
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.is_complete:
            return
        status = self._parser.get_status_code()
        if _CONTINUE <= status < _OK and status != _SWITCHING_PROTOCOLS:
            self._interim_answers += 1
            if self._interim_answers > MAX_INTERIM_ANSWERS:
                raise BrokenFramingError("more interim answers than an answer needs")
            self.headers = []
            return
        self.status = status
        self.is_head_complete = True

    def on_body(self, piece: bytes) -> None:
        if not self.is_complete:
            piece_bytes = len(piece)
            self._pieces.append(piece)
            self.unread_bytes += piece_bytes
            self._room_bytes += 2 * piece_bytes

    def on_message_complete(self) -> None:
        if self.is_head_complete and not self.is_complete:
            self.is_complete = True
            self.keeps_alive = self._parser.should_keep_alive() and self.status != _SWITCHING_PROTOCOLS


def _says_where_the_body_ends(name: bytes, value: bytes) -> bool:
    name = name.lower()
    return name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value.lower())
