"""From an HTTP request to a GraphQL request, or a clear refusal."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest

from gateway.errors import BadRequestError, OverloadedError
from gateway.execution.executor import Request

# How long a body may take. A caller that dribbles holds a connection and nothing else.
_BODY_TIMEOUT_S = 15.0

# What is beyond a short body shares the room of so many of the longest: variables take up to twenty times their bytes.
_SHORT_BODY_BYTES = 16 * 1024
_LONGEST_AT_ONCE = 8


class _Parameters(msgspec.Struct, rename="camel"):
    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class _Fraction(Decimal):
    """A JSON number with a fraction or exponent: as a binary float it would not be what the caller wrote."""

    def __inspect__(self) -> str:
        """How graphql-core names it in an error message."""
        return str(self)


_body = msgspec.json.Decoder(_Parameters, float_hook=_Fraction)
_object = msgspec.json.Decoder(dict[str, Any] | None, float_hook=_Fraction)


class RequestReader:
    """Reads GraphQL requests, and bounds what those that are being read or answered take together.

    A caller with a short body, as nearly all are, is never turned away for the long ones of others.

    Args:
        max_body_bytes: longest body.
    """

    def __init__(self, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes
        self._room_bytes = _LONGEST_AT_ONCE * max_body_bytes

    @asynccontextmanager
    async def request(self, http: HTTPRequest) -> AsyncIterator[Request]:
        """The GraphQL request in a POST's body, or in the query of a GET or HEAD; its room is kept for the block.

        Raises:
            BadRequestError: there is none, with the HTTP status that says why.
            OverloadedError: there is no room for so long a body now.
        """
        held = _Held()
        try:
            parameters = await self._from_body(http, held) if http.method == "POST" else _from_query(http)
            if not parameters.query:
                raise BadRequestError("Send a GraphQL document as `query`.")
            yield Request(parameters.query, parameters.operation_name or None, parameters.variables)
        finally:
            self._room_bytes += held.room_bytes

    async def _from_body(self, http: HTTPRequest, held: "_Held") -> _Parameters:
        _refuse_other_types(http)
        body = await self._read_body(http, held)
        try:
            return _body.decode(body)
        except msgspec.ValidationError:
            raise BadRequestError(
                "The body is not a GraphQL request: `query` and `operationName` are strings, `variables` and "
                "`extensions` objects; requests cannot be sent as a list."
            ) from None
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise BadRequestError("The body is not JSON in UTF-8.") from None

    async def _read_body(self, http: HTTPRequest, held: "_Held") -> bytes:
        ending = {"Connection": "close"}
        too_long = BadRequestError(f"The body is longer than {self._max_body_bytes} bytes.", 413, ending)
        length = http.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > self._max_body_bytes:
            raise too_long
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                async for chunk in http.stream():
                    body += chunk
                    if len(body) > self._max_body_bytes:
                        raise too_long
                    self._take_room(max(0, len(body) - _SHORT_BODY_BYTES), held)
        except TimeoutError:
            raise BadRequestError("The body did not arrive in time.", 408, ending) from None
        except ClientDisconnect:
            raise BadRequestError("The body ended too early.") from None
        return bytes(body)

    def _take_room(self, needed_bytes: int, held: "_Held") -> None:
        further_bytes = needed_bytes - held.room_bytes
        if further_bytes > self._room_bytes:
            raise OverloadedError("Too many long bodies are being read.")
        self._room_bytes -= further_bytes
        held.room_bytes = needed_bytes


@dataclasses.dataclass(slots=True)
class _Held:
    """What one request takes of the room for long bodies."""

    room_bytes: int = 0


def _from_query(http: HTTPRequest) -> _Parameters:
    query = http.query_params
    return _Parameters(
        query.get("query"),
        query.get("operationName"),
        _json_object(query, "variables"),
        _json_object(query, "extensions"),
    )


def _json_object(query: QueryParams, name: str) -> dict[str, Any] | None:
    text = query.get(name)
    if not text:
        return None
    try:
        found: dict[str, Any] | None = _object.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadRequestError(f"`{name}` is not a JSON object.") from None
    return found


def _refuse_other_types(http: HTTPRequest) -> None:
    media_type, *parameters = http.headers.get("Content-Type", "").lower().split(";")
    charset = next(
        (each.split("=")[1].strip(' "') for each in parameters if each.strip().startswith("charset=")), "utf-8"
    )
    if media_type.strip() != "application/json" or charset not in ("utf-8", "utf8"):
        raise BadRequestError("Send Content-Type: application/json.", 415)
    if http.headers.get("Content-Encoding", "identity") != "identity":
        raise BadRequestError("Send the body without compression.", 415)
