"""From an HTTP request to a GraphQL request, or a clear refusal."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest

from gateway.errors import BadRequestError
from gateway.execution.executor import Request

# How long a body may take. A caller that dribbles holds a connection and nothing else.
_BODY_TIMEOUT_S = 15.0


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


async def read_request(http: HTTPRequest, max_body_bytes: int) -> Request:
    """The GraphQL request in a POST's body, or in the query of a GET or HEAD.

    Raises:
        BadRequestError: there is none, with the HTTP status that says why.
    """
    parameters = await _from_body(http, max_body_bytes) if http.method == "POST" else _from_query(http)
    if not parameters.query:
        raise BadRequestError("Send a GraphQL document as `query`.")
    return Request(parameters.query, parameters.operation_name or None, parameters.variables)


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


async def _from_body(http: HTTPRequest, max_body_bytes: int) -> _Parameters:
    media_type, *parameters = http.headers.get("Content-Type", "").lower().split(";")
    charset = next(
        (each.split("=")[1].strip(' "') for each in parameters if each.strip().startswith("charset=")), "utf-8"
    )
    if media_type.strip() != "application/json" or charset not in ("utf-8", "utf8"):
        raise BadRequestError("Send Content-Type: application/json.", 415)
    if http.headers.get("Content-Encoding", "identity") != "identity":
        raise BadRequestError("Send the body without compression.", 415)
    body = await _read_body(http, max_body_bytes)
    try:
        return _body.decode(body)
    except msgspec.ValidationError:
        raise BadRequestError(
            "The body is not a GraphQL request: `query` and `operationName` are strings, `variables` and "
            "`extensions` objects; requests cannot be sent as a list."
        ) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadRequestError("The body is not JSON in UTF-8.") from None


async def _read_body(http: HTTPRequest, max_body_bytes: int) -> bytes:
    too_long = BadRequestError(f"The body is longer than {max_body_bytes} bytes.", 413, {"Connection": "close"})
    length = http.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > max_body_bytes:
        raise too_long
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for chunk in http.stream():
                body += chunk
                if len(body) > max_body_bytes:
                    raise too_long
    except TimeoutError:
        raise BadRequestError("The body did not arrive in time.", 408, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise BadRequestError("The body ended too early.") from None
    return bytes(body)
