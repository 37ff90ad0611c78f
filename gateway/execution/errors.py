"""The one shape of an error: message, locations, path, and extensions with its code and the correlation id."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, VariableNode

from gateway.errors import BadUserInputError, GatewayError
from gateway.telemetry import log

MASKED = "The gateway could not do this. Its log says why, under the correlation id."

_LONGEST_MESSAGE = 1000  # Characters.


def error_of(error: GatewayError, correlation_id: str) -> dict[str, Any]:
    """An error that belongs to no place in a document."""
    return {"message": error.message, "extensions": error.extensions | {"correlationId": correlation_id}}


def document_error(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """An error in the document's text, or against the schema. A literal that a scalar refuses is bad input."""
    cause = cause_of(error)
    if isinstance(cause, GatewayError):
        extensions = cause.extensions
    elif cause is None:
        is_syntax = isinstance(error, GraphQLSyntaxError)
        extensions = {"code": "GRAPHQL_PARSE_FAILED" if is_syntax else "GRAPHQL_VALIDATION_FAILED"}
    else:
        return _masked(error, cause, correlation_id)
    return _formatted(error, error.message, extensions, correlation_id)


def start_error(error: GraphQLError, correlation_id: str) -> dict[str, Any]:
    """An error that kept a valid document from running: variables that do not fit."""
    cause = cause_of(error)
    if cause is None or isinstance(cause, GatewayError):
        return _formatted(error, error.message, {"code": BadUserInputError.code}, correlation_id)
    return _masked(error, cause, correlation_id)


def field_errors(errors: Sequence[GraphQLError], correlation_id: str) -> list[dict[str, Any]]:
    """The errors of fields. What is not meant for callers is masked, and the first of its kind logged."""
    told: set[type[Exception]] = set()
    formatted = []
    for error in errors:
        cause = cause_of(error)
        if isinstance(cause, GatewayError):
            formatted.append(_formatted(error, cause.message, cause.extensions, correlation_id))
        elif cause is None and _is_about_a_variable(error):
            formatted.append(_formatted(error, error.message, {"code": BadUserInputError.code}, correlation_id))
        elif type(cause or error) in told:
            formatted.append(_formatted(error, MASKED, {"code": GatewayError.code}, correlation_id))
        else:
            # A fault that hundreds of fields have in common would hold up the event loop with its tracebacks.
            told.add(type(cause or error))
            formatted.append(_masked(error, cause or error, correlation_id))
    return formatted


def cause_of(error: GraphQLError) -> Exception | None:
    """What was raised below GraphQL; None where GraphQL itself found the error."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_about_a_variable(error: GraphQLError) -> bool:
    """Whether a variable fits its type and not its place: null, where a default lets it stand for what is not null."""
    return any(isinstance(node, VariableNode) for node in error.nodes or ())


def _masked(error: GraphQLError, cause: Exception, correlation_id: str) -> dict[str, Any]:
    log.error("an operation failed", path=error.path, correlation_id=correlation_id, exc_info=cause)
    return _formatted(error, MASKED, {"code": GatewayError.code}, correlation_id)


def _formatted(error: GraphQLError, message: str, extensions: dict[str, Any], correlation_id: str) -> dict[str, Any]:
    # graphql-core repeats names and literals as they were sent, however long.
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + "…"
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [{"line": location.line, "column": location.column} for location in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted | {"extensions": extensions | {"correlationId": correlation_id}}
