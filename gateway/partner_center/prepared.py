"""httpx's request and response without what their constructors do: each part is made where somebody looks at it.

So either costs a microsecond or two, and is what any transport and any caller of httpx takes it for.
"""

from collections.abc import AsyncIterator, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Any

import httpx
from typing_extensions import override

from gateway.partner_center.origin import origin_of

_NO_BODY = httpx.ByteStream(b"")
_LINE = b": ".join
_BREAKING = b"\r\n\0"
_UNSOUND = "a header or the target has characters that it must not have"


class Destination:
    """What some requests of one client have in common.

    Args:
        base_url: below which they all are.
        headers: that they all have, beside `Host`.
        extensions: as httpx has them.

    Attributes:
        origin: where they go to.
        site: scheme, host and port, as an address begins.
        path: of the base address.
        headers: those that all have.
        extensions: as given.
    """

    def __init__(self, base_url: httpx.URL, headers: Sequence[tuple[bytes, bytes]], extensions: dict[str, Any]) -> None:
        self.origin = origin_of(base_url)
        self.site = str(base_url.copy_with(raw_path=b"/"))[:-1]
        self.path = base_url.raw_path
        self.headers = [(b"Host", base_url.netloc), *headers]
        self.extensions = extensions

    @cached_property
    def head(self) -> bytes:
        """The headers' lines, as they go out.

        Raises:
            httpx.LocalProtocolError: one of them would become two.
        """
        lines = [*map(_LINE, self.headers)]
        _check(b"".join(lines))
        return b"\r\n".join(lines)

    def with_headers(self, further: Sequence[tuple[bytes, bytes]]) -> "Destination":
        """The same with more headers, none of which it has."""
        other = Destination.__new__(Destination)
        vars(other).update(vars(self), headers=[*self.headers, *further])
        vars(other).pop("head", None)
        return other


class PreparedRequest(httpx.Request):
    """A GET without a body.

    Args:
        destination: where it goes to.
        target: path and query as they go out.
        headers: names and values beside the destination's own.
    """

    method = "GET"
    stream: Any = _NO_BODY

    def __init__(self, destination: Destination, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> None:
        # httpx's own constructor does what this class is there to avoid.
        self._destination = destination
        self.origin = destination.origin
        self.target = target
        self._own_headers = headers
        self.extensions = destination.extensions

    @cached_property
    @override
    def url(self) -> httpx.URL:  # type: ignore[override]  # an attribute there
        return httpx.URL(self._destination.site + self.target.decode("ascii"))

    @cached_property
    @override
    def headers(self) -> httpx.Headers:  # type: ignore[override]  # an attribute there
        return httpx.Headers([*self._destination.headers, *self._own_headers])

    def with_headers(self, further: Sequence[tuple[bytes, bytes]]) -> "PreparedRequest":
        """The same with more headers, none of which it has."""
        return PreparedRequest(self._destination, self.target, [*self._own_headers, *further]) if further else self

    def head(self) -> bytes:
        """As `head_of`, of this request."""
        return _head(self.target, [self._destination.head], [*map(_LINE, self._own_headers)])


class WholeBody(httpx.AsyncByteStream):
    """A body that has come whole: it need not be closed.

    Attributes:
        body: all of it.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body


class LateHeaders(httpx.Headers):
    """Headers that are taken apart only where somebody looks for one by its name.

    Args:
        raw: names and values as they came.
    """

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw: list[tuple[bytes, bytes]] | None = raw

    @property
    @override
    def raw(self) -> list[tuple[bytes, bytes]]:
        return super().raw if self._raw is None else self._raw

    def __getattr__(self, name: str) -> Any:
        raw = vars(self).get("_raw")
        if raw is not None:
            self._raw = None  # From now on they may be changed.
            super().__init__(raw)
        return object.__getattribute__(self, name)


_BLANK = vars(httpx.Response(HTTPStatus.OK, stream=WholeBody(b"")))


def response_of(status: int, headers: list[tuple[bytes, bytes]], stream: httpx.AsyncByteStream) -> httpx.Response:
    """The response that the constructor makes in ten times as long.

    Args:
        status: a number, whether or not it has a name.
        headers: names and values as they came.
        stream: gives the body.
    """
    response = httpx.Response.__new__(httpx.Response)
    attributes = _BLANK.copy()
    attributes["status_code"] = status
    attributes["headers"] = LateHeaders(headers)
    attributes["stream"] = stream
    attributes["extensions"] = {}
    attributes["history"] = []
    response.__dict__ = attributes
    return response


def head_of(request: httpx.Request) -> bytes:
    """The bytes of a GET.

    Raises:
        httpx.LocalProtocolError: a header would become two, or the target the rest of the line.
    """
    return _head(request.url.raw_path, [], [*map(_LINE, request.headers.raw)])


def _head(target: bytes, checked: Sequence[bytes], lines: Sequence[bytes]) -> bytes:
    _check(b"".join((target, *lines)))
    if target.find(b" ") >= 0:
        raise httpx.LocalProtocolError(_UNSOUND)
    return b"\r\n".join((b"GET " + target + b" HTTP/1.1", *checked, *lines, b"", b""))


def _check(text: bytes) -> None:
    if len(text.translate(None, _BREAKING)) != len(text):
        # The value is not told: it may be a token.
        raise httpx.LocalProtocolError(_UNSOUND)
