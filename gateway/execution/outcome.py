"""What running an operation came to, and how each caller who shares it is told."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gateway.cache import WholeAnswer
from gateway.error_codes import HTTP_STATUS
from gateway.errors import (
    GatewayError,
    NotCachedError,
    OverloadedError,
    UnauthenticatedError,
    UpstreamBudgetExceededError,
    UpstreamTimeoutError,
)
from gateway.execution.errors import cause_of, document_error, error_of, field_errors, start_error
from gateway.execution.response_order import response_order

# What befell the operation that ran, and need not befall another: its time, its budget, its turn.
_ITS_OWN = (UpstreamTimeoutError, OverloadedError, UpstreamBudgetExceededError)


class Answer(NamedTuple):
    """What the client is told.

    Attributes:
        body: the GraphQL response, as JSON.
        http_status: of an `application/graphql-response+json` answer.
        whole: the same, where it may be given again.
        is_of_upstream: whether something in it is upstream's, which has taken the caller's token then.
        codes: of its errors, each once.
    """

    body: bytes
    http_status: int
    whole: WholeAnswer | None = None
    is_of_upstream: bool = False
    codes: Sequence[str] = ()


class Outcome(msgspec.Struct, eq=False):
    """The end of an operation; nothing in it is one caller's alone.

    Attributes:
        answer: tells it to the caller whose request has this correlation id.
        is_faultless: whether it has no error.
        is_its_own: whether it failed for want of what each operation has for itself.
        whole: its answer, where that may be given again.
        is_of_upstream: whether something in it is upstream's.
        age_s: of its oldest part.
        is_shared: whether another's run came to it.
    """

    answer: Callable[[str], Answer]
    is_faultless: bool = False
    is_its_own: bool = False
    whole: WholeAnswer | None = None
    is_of_upstream: bool = False
    age_s: float = 0.0
    is_shared: bool = False


def faultless(data: dict[str, Any], stale: list[dict[str, Any]]) -> Outcome:
    """The outcome of an operation without errors: its answer is the same for all callers.

    Args:
        data: of the response.
        stale: `extensions.freshness`.
    """
    answer = Answer(msgspec.json.encode(_response(data, stale)), 200)
    return Outcome(lambda _correlation_id: answer, is_faultless=True)


def outcome_of(result: ExecutionResult, stale: list[dict[str, Any]]) -> Outcome:
    """The outcome of what graphql-core came to.

    Raises:
        UnauthenticatedError: Entra challenges the caller, who can only answer if it is told by HTTP.
        OverloadedError: nothing could be served; load balancers and clients learn that by HTTP, too.
        NotCachedError: nothing could be served; "a 504" is what RFC 9111, 5.2.1.7 has them learn.
    """
    errors = result.errors or []
    if isinstance(result, PreExecutionError):
        _raise_if_nothing_could_be_served(None, errors)
        return Outcome(lambda correlation_id: _not_executed([document_error(each, correlation_id) for each in errors]))
    data = result.data
    if data is None and not any(error.path for error in errors):
        return Outcome(lambda correlation_id: _not_executed([start_error(each, correlation_id) for each in errors]))
    causes = list(map(cause_of, errors))
    _raise_challenge(causes)
    _raise_if_nothing_could_be_served(data, errors)
    if not errors:
        return faultless(data or {}, stale)

    place = response_order(data)

    def order(error: GraphQLError) -> tuple[Any, ...]:
        locations = [(each.line, each.column) for each in error.locations or ()]
        return place(error.path or ()), locations, list(map(str, error.path or ()))

    def tell(correlation_id: str) -> Answer:
        told = field_errors(sorted(errors, key=order), correlation_id)
        return Answer(msgspec.json.encode(_response(data, stale, told)), 200, codes=_codes(told))

    return Outcome(tell, is_its_own=any(isinstance(cause, _ITS_OWN) for cause in causes))


def is_its_own(error: GatewayError) -> bool:
    """Whether an operation failed for want of what each has for itself."""
    return isinstance(error, _ITS_OWN)


def not_executed(error: GatewayError, correlation_id: str) -> Answer:
    """The answer to a well-formed request of which nothing is executed."""
    return _not_executed([error_of(error, correlation_id)])


def refused(message: str) -> Outcome:
    """The outcome of a request that does not say which operation it means, or means none that is run here."""
    return Outcome(
        lambda correlation_id: _not_executed(
            [
                {
                    "message": message,
                    "extensions": {"code": "OPERATION_RESOLUTION_FAILURE", "correlationId": correlation_id},
                }
            ]
        )
    )


def _response(
    data: dict[str, Any] | None, stale: list[dict[str, Any]], errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    response: dict[str, Any] = {"data": data}
    if errors:
        response["errors"] = errors
    if stale:
        place = response_order(data)
        response["extensions"] = {"freshness": sorted(stale, key=lambda each: place(each["path"]))}
    return response


def _raise_challenge(causes: list[Exception | None]) -> None:
    for cause in causes:
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


def _not_executed(errors: list[dict[str, Any]]) -> Answer:
    codes = _codes(errors)
    return Answer(msgspec.json.encode({"errors": errors}), HTTP_STATUS[codes[0]], codes=codes)


def _codes(errors: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(error["extensions"]["code"] for error in errors))
