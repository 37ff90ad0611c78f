"""The one shape of an error: message, locations, path, and extensions with its code and the correlation id."""

from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.errors import BadUserInputError, GatewayError
from gateway.telemetry import log

_MASKED = "The gateway could not do this. Its log says why, under the correlation id."


def error_of(error: GatewayError, correlation_id: str) -> dict[str, Any]:
    """An error that belongs to no place in a document."""
    return {"message": error.message, "extensions": error.extensions | {"correlationId": correlation_id}}


def document_error(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """An error in the document's text, or against the schema. A literal that a scalar refuses is bad input."""
    found = _gateway_error(error)
    is_syntax = isinstance(error, GraphQLSyntaxError)
    code = "GRAPHQL_PARSE_FAILED" if is_syntax else found.code if found else "GRAPHQL_VALIDATION_FAILED"
    return _formatted(error, error.message, {"code": code}, correlation_id)


def start_error(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """An error that kept a valid document from running: a variable, or no choice among its operations."""
    # An error in a variable points at its definition; one about the choice of an operation points nowhere.
    code = BadUserInputError.code if error.nodes else "OPERATION_RESOLUTION_FAILURE"
    return _formatted(error, error.message, {"code": code}, correlation_id)


def field_error(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """An error of one field. What is not meant for callers is masked, and logged."""
    found = _gateway_error(error)
    if found is not None:
        return _formatted(error, found.message, found.extensions, correlation_id)
    log.error(
        "a resolver failed", path=error.path, correlation_id=correlation_id, exc_info=error.original_error or error
    )
    return _formatted(error, _MASKED, {"code": GatewayError.code}, correlation_id)


def _gateway_error(error: GraphQLError) -> GatewayError | None:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause if isinstance(cause, GatewayError) else None


def _formatted(error: GraphQLError, message: str, extensions: dict[str, Any], correlation_id: str) -> dict[str, Any]:
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [{"line": location.line, "column": location.column} for location in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted | {"extensions": extensions | {"correlationId": correlation_id}}
