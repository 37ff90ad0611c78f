"""From an HTTP request to a GraphQL request, or a clear refusal."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive, Scope

from gateway.errors import BadRequestError, OverloadedError
from gateway.execution.named_documents import Asked
from gateway.web.headers import RequestHeaders
from gateway.web.media_types import JSON
from gateway.web.parameters import document_id, from_body, from_query, persisted_query

BODY_EXTENSION = "gateway.body"
"""An ASGI extension by which a server spares a body its messages and timer: `take()` is the whole of it, or None."""

# How long a body may take. A caller that dribbles holds a connection and nothing else.
_BODY_TIMEOUT_S = 15.0

# What is beyond a short body shares the room of so many of the longest: variables take up to twenty times their bytes.
_SHORT_BODY_BYTES = 16 * 1024
_LONGEST_AT_ONCE = 8

# Begins the key of what was asked by a query string, and no JSON.
_QUERY_MARK = b"?"

_JSON = JSON.encode()
_IDENTITY = b"identity"


class RequestReader:
    """Reads GraphQL requests, and bounds what those that are being read or answered take together.

    A caller with a short body, as nearly all are, is never turned away for the long ones of others.

    Args:
        max_body_bytes: longest body.
    """

    def __init__(self, max_body_bytes: int) -> None:
        self.max_body_bytes = max_body_bytes
        self._room_bytes = _LONGEST_AT_ONCE * max_body_bytes

    def incoming(self, scope: Scope, headers: RequestHeaders, receive: Receive) -> "Incoming":
        return Incoming(self, scope, headers, receive)

    def take_room(self, further_bytes: int) -> None:
        """Take some of the room for long bodies; less than nothing gives back.

        Raises:
            OverloadedError: there is not so much.
        """
        if further_bytes > self._room_bytes:
            raise OverloadedError("Too many long bodies are being read.")
        self._room_bytes -= further_bytes


class Incoming:
    """One request, in a block for which the room that it takes is kept."""

    __slots__ = ("_headers", "_is_post", "_reader", "_receive", "_room_bytes", "_scope")

    def __init__(self, reader: RequestReader, scope: Scope, headers: RequestHeaders, receive: Receive) -> None:
        self._reader = reader
        self._scope = scope
        self._headers = headers
        self._receive = receive
        self._is_post = scope["method"] == "POST"
        self._room_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._room_bytes:
            self._reader.take_room(-self._room_bytes)

    async def key(self) -> bytes:
        """The whole of what is asked, as it was sent: a POST's body, or the query string of a GET or HEAD.

        No two different requests have the same. What it says is not looked at yet.

        Raises:
            BadRequestError: there can be no GraphQL request, with the HTTP status that says why.
            OverloadedError: there is no room for so long a body now.
        """
        if not self._is_post:
            query: bytes = self._scope["query_string"]
            return _QUERY_MARK + query
        _refuse_other_types(self._headers)
        extension = self._scope.get("extensions", {}).get(BODY_EXTENSION)
        body: bytes | None = extension["take"]() if extension is not None else None
        if body is None:
            body = await self._received()
        else:
            self._admit(len(body))
        if body.startswith(_QUERY_MARK):
            from_body(body)  # Refuses it.
        return body

    def asked(self, key: bytes) -> Asked:
        """What a key says.

        Raises:
            BadRequestError: nothing that is a GraphQL request.
        """
        parameters = from_body(key) if self._is_post else from_query(key.removeprefix(_QUERY_MARK))
        document, named, hashed = parameters.query or "", document_id(parameters), persisted_query(parameters)
        if not document and named is None and hashed is None:
            raise BadRequestError("Send a GraphQL document as `query`.")
        if named is not None and hashed is not None:
            raise BadRequestError("Name a document by `documentId` or by its hash, not by both.")
        return Asked(document, parameters.operation_name or None, parameters.variables, key, named, hashed)

    async def _received(self) -> bytes:
        length = self._headers.text(b"content-length")
        if length.isdigit() and int(length) > self._reader.max_body_bytes:
            raise self._too_long()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                return await self._whole()
        except TimeoutError:
            raise BadRequestError("The body did not arrive in time.", 408, {"Connection": "close"}) from None

    async def _whole(self) -> bytes:
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise BadRequestError("The body ended too early.")
            body += message.get("body", b"")
            self._admit(len(body))
            if not message.get("more_body", False):
                return bytes(body)

    def _admit(self, body_bytes: int) -> None:
        """Let so much of a body in, if it may be as long and there is room for it."""
        if body_bytes > self._reader.max_body_bytes:
            raise self._too_long()
        if body_bytes - self._room_bytes > _SHORT_BODY_BYTES:
            self._reader.take_room(body_bytes - _SHORT_BODY_BYTES - self._room_bytes)
            self._room_bytes = body_bytes - _SHORT_BODY_BYTES

    def _too_long(self) -> BadRequestError:
        return BadRequestError(
            f"The body is longer than {self._reader.max_body_bytes} bytes.", 413, {"Connection": "close"}
        )


def _refuse_other_types(headers: RequestHeaders) -> None:
    if headers.get(b"content-type") != _JSON and not _is_json_in_utf_8(headers.text(b"content-type")):
        raise BadRequestError("Send Content-Type: application/json.", 415)
    if headers.get(b"content-encoding", _IDENTITY) != _IDENTITY:
        raise BadRequestError("Send the body without compression.", 415)


def _is_json_in_utf_8(content_type: str) -> bool:
    media_type, *parameters = content_type.lower().split(";")
    charset = next(
        (each.split("=")[1].strip(' "') for each in parameters if each.strip().startswith("charset=")), "utf-8"
    )
    return media_type.strip() == JSON and charset in ("utf-8", "utf8")
