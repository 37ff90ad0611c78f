"""What a GraphQL request says, from its bytes."""

from decimal import Decimal
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from gateway.errors import BadRequestError


class Parameters(msgspec.Struct, rename="camel"):
    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class _Fraction(Decimal):
    """A JSON number with a fraction or exponent: as a binary float it would not be what the caller wrote."""

    def __inspect__(self) -> str:
        """How graphql-core names it in an error message."""
        return str(self)


_body = msgspec.json.Decoder(Parameters, float_hook=_Fraction)
_object = msgspec.json.Decoder(dict[str, Any] | None, float_hook=_Fraction)


def from_body(body: bytes) -> Parameters:
    """The parameters in a POST's body.

    Raises:
        BadRequestError: there are none.
    """
    try:
        return _body.decode(body)
    except msgspec.ValidationError:
        raise BadRequestError(
            "The body is not a GraphQL request: `query` and `operationName` are strings, `variables` and "
            "`extensions` objects; requests cannot be sent as a list."
        ) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadRequestError("The body is not JSON in UTF-8.") from None


def from_query(query_string: bytes) -> Parameters:
    """The parameters in the query of a GET or HEAD.

    Raises:
        BadRequestError: some of them are malformed.
    """
    query = QueryParams(query_string)
    return Parameters(
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
