"""What a GraphQL request says, from its bytes."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec
from starlette.datastructures import QueryParams

from gateway.errors import BadRequestError
from gateway.execution.named_documents import PersistedQuery

# Clients name a few dozen documents; their variables make many more of them, and long ones.
_LONGEST_REMEMBERED_BYTES = 1024
_REMEMBERED = 256

_TOO_LARGE = "A number's exponent is too large."


class Parameters(msgspec.Struct, rename="camel"):
    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: Any = None


class _PersistedQuery(msgspec.Struct, rename="camel"):
    version: int | None = None
    sha256_hash: str | None = None


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
    except InvalidOperation:
        raise BadRequestError(_TOO_LARGE) from None


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
        query.get("documentId"),
    )


def document_id(parameters: Parameters) -> str | None:
    """The name of a document that is not sent (GraphQL over HTTP, appendix "Persisted Documents"); None without one.

    Raises:
        BadRequestError: it is no text.
    """
    found = parameters.document_id or None
    if parameters.query or found is None:
        return None
    if not isinstance(found, str):
        raise BadRequestError("`documentId` is a string.")
    return found


def persisted_query(parameters: Parameters) -> PersistedQuery | None:
    """The document's hash, as Apollo's protocol has it; None where there is none.

    Raises:
        BadRequestError: it is malformed.
    """
    said = (parameters.extensions or {}).get("persistedQuery")
    if said is None:
        return None
    try:
        found = msgspec.convert(said, _PersistedQuery)
    except msgspec.ValidationError:
        raise BadRequestError("`extensions.persistedQuery` has a number `version` and a string `sha256Hash`.") from None
    return None if found.sha256_hash is None else PersistedQuery(found.sha256_hash, found.version)


def sends_no_document(query_string: bytes) -> bool:
    """Whether a GET names its document, if it has any: no `query` stands in its query string."""
    return (_remembered if len(query_string) <= _LONGEST_REMEMBERED_BYTES else _sends_no_document)(query_string)


def _sends_no_document(query_string: bytes) -> bool:
    return not QueryParams(query_string).get("query")


_remembered = lru_cache(maxsize=_REMEMBERED)(_sends_no_document)


def _json_object(query: QueryParams, name: str) -> dict[str, Any] | None:
    text = query.get(name)
    if not text:
        return None
    try:
        found: dict[str, Any] | None = _object.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadRequestError(f"`{name}` is not a JSON object.") from None
    except InvalidOperation:
        raise BadRequestError(_TOO_LARGE) from None
    return found
