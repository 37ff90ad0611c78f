"""A caller that speaks bytes: half requests, endless ones, and what no client library would send."""

import json
import socket
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

SUMMARIES = '{"query": "{invoiceSummaries {totalCount}}"}'


class Answer(NamedTuple):
    """What came back, as it stands on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [error["extensions"]["code"] for error in json.loads(self.body).get("errors", ())]


def head(method: str = "POST", path: str = "/graphql", **headers: Any) -> bytes:
    """A whole request head of a caller with a token; underscores of header names are hyphens on the wire."""
    lines = {"Host": "gateway", "Authorization": "Bearer sandbox-partner-1", "Content-Type": "application/json"}
    lines |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{name}: {lines[name]}" for name in lines), "", ""]).encode()


def request(body: str = SUMMARIES, **headers: Any) -> bytes:
    """A whole request."""
    return head(Content_Length=len(body), **headers) + body.encode()


class RawCaller:
    """One connection.

    Args:
        url: of the server.
        timeout_s: for each read and write.
    """

    def __init__(self, url: str, timeout_s: float = 30) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout_s)
        self._read = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next whole answer."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        raw, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *lines = raw.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(status.split()[1]), headers, bytes(body))

    def send_until_closed(self, pieces: Iterable[bytes], pause_s: float = 0) -> float:
        """Seconds until the server takes no more; it must not take every piece, nor go on for more than 20 s."""
        begun_s = time.monotonic()
        try:
            for piece in pieces:
                self.send(piece)
                time.sleep(pause_s)
                assert time.monotonic() < begun_s + 20
        except ConnectionError:
            return time.monotonic() - begun_s
        raise AssertionError("the server took all of it")

    def ask(self, body: str = SUMMARIES) -> Answer:
        self.send(request(body))
        return self.answer()

    def rest(self) -> bytes:
        """All that still comes until the server closes, which it must within `timeout_s`."""
        try:
            while data := self.socket.recv(65536):
                self._read += data
        except ConnectionError:
            pass
        rest = bytes(self._read)
        self._read.clear()
        return rest

    def closed_after_s(self) -> float:
        """Seconds until the server closes; what it still sends is read and forgotten."""
        begun_s = time.monotonic()
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        return time.monotonic() - begun_s

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed before a whole answer")
        self._read += data
