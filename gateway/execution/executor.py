"""Runs one operation: loaders of its own, then graphql-core by way of Strawberry, then errors in their one shape."""

from typing import Any, NamedTuple

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from gateway.billing import InvoiceSource
from gateway.cache import ReadThroughCache
from gateway.caller import Scope
from gateway.error_codes import HTTP_STATUS
from gateway.errors import NotCachedError, OverloadedError, UnauthenticatedError
from gateway.execution.errors import cause_of, document_error, field_errors, start_error
from gateway.freshness import CacheControl
from gateway.loaders import Loaders
from gateway.operation import Operation
from gateway.readings import Lifetimes
from gateway.schema.context import Context
from gateway.schema.documents import UnnamedOperationError

_QUERIES = frozenset({OperationType.QUERY})


class Request(NamedTuple):
    """What a client asks.

    Attributes:
        document: GraphQL text.
        operation_name: which of its operations; None where it has one.
        variables: by name; numbers with a fraction are `Decimal`.
        key: the whole request as it was sent: of equal keys one is not different from the other. None is like no other.
    """

    document: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    key: bytes | None = None


class Answer(NamedTuple):
    """What the client is told.

    Attributes:
        body: the GraphQL response, as JSON.
        http_status: of an `application/graphql-response+json` answer.
    """

    body: bytes
    http_status: int


class Executor:
    """Runs operations of the one schema.

    Args:
        schema: what can be asked.
        source: where invoices are read.
        cache: shared by all operations.
        lifetimes: for which answers may be served.
    """

    def __init__(
        self, schema: strawberry.Schema, source: InvoiceSource, cache: ReadThroughCache, lifetimes: Lifetimes
    ) -> None:
        self._schema = schema
        self._source = source
        self._cache = cache
        self._lifetimes = lifetimes

    def kept(self, scope: Scope, key: bytes, asked: CacheControl) -> Answer | None:
        """The answer that was given to an equal request of the same scope, where it may be given again.

        Args:
            scope: whose rights stand behind it.
            key: of the request.
            asked: how old it may be.
        """
        return None

    async def run(self, request: Request, operation: Operation) -> Answer:
        """The answer: an operation that cannot run, or not in every field, is answered with its errors.

        Raises:
            UnauthenticatedError: Entra challenges the caller, who can only answer if it is told by HTTP.
            OverloadedError: nothing could be served; load balancers and clients learn that by HTTP, too.
            NotCachedError: nothing could be served; "a 504" is what RFC 9111, 5.2.1.7 has them learn.
        """
        context = Context(Loaders(self._source, self._cache, self._lifetimes, operation), operation.deadline)
        try:
            result = await self._schema.execute(
                request.document,
                variable_values=request.variables,
                context_value=context,
                operation_name=request.operation_name,
                allowed_operation_types=_QUERIES,
            )
        except UnnamedOperationError:
            return _refused("The document has several operations; name one as `operationName`.", operation)
        except CannotGetOperationTypeError:
            which = "no operation" if request.operation_name is None else "no operation of this name"
            return _refused(f"The document has {which}.", operation)
        except InvalidOperationTypeError:
            return _refused("This gateway answers queries only.", operation)
        errors = result.errors or []
        if isinstance(result, PreExecutionError):
            _raise_if_nothing_could_be_served(None, errors)
            return _not_executed([document_error(error, operation.correlation_id) for error in errors])
        if result.data is None and not any(error.path for error in errors):
            return _not_executed([start_error(error, operation.correlation_id) for error in errors])
        _raise_challenge(errors)
        _raise_if_nothing_could_be_served(result.data, errors)
        response: dict[str, Any] = {"data": result.data}
        if errors:
            response["errors"] = field_errors(errors, operation.correlation_id)
        if context.stale:
            response["extensions"] = {"freshness": context.stale}
        return Answer(msgspec.json.encode(response), 200)


def _raise_challenge(errors: list[GraphQLError]) -> None:
    for error in errors:
        cause = cause_of(error)
        if isinstance(cause, UnauthenticatedError) and cause.claims is not None:
            raise cause


def _raise_if_nothing_could_be_served(data: dict[str, Any] | None, errors: list[GraphQLError]) -> None:
    causes = list(map(cause_of, errors))
    overloaded = [cause for cause in causes if isinstance(cause, OverloadedError)]
    not_cached = [cause for cause in causes if isinstance(cause, NotCachedError)]
    if not causes or len(overloaded) + len(not_cached) < len(causes):
        return  # Another error would be lost.
    failed = {error.path[0] for error in errors if error.path}
    if all(name in failed and _is_nothing(value) for name, value in (data or {}).items()):
        raise max(overloaded, key=lambda cause: cause.retry_after_s) if overloaded else not_cached[0]


def _is_nothing(value: Any) -> bool:
    """Null, or a list of nulls."""
    return value is None or (isinstance(value, list) and all(each is None for each in value))


def _refused(message: str, operation: Operation) -> Answer:
    extensions = {"code": "OPERATION_RESOLUTION_FAILURE", "correlationId": operation.correlation_id}
    return _not_executed([{"message": message, "extensions": extensions}])


def _not_executed(errors: list[dict[str, Any]]) -> Answer:
    return Answer(msgspec.json.encode({"errors": errors}), HTTP_STATUS[errors[0]["extensions"]["code"]])
