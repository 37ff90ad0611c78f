"""Explains operations: what each would ask of upstream now, without asking, or what it did ask."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import msgspec
from graphql import GraphQLError, parse
from strawberry.types.execution import PreExecutionError

from gateway.billing import InvoiceSource
from gateway.cache import ReadThroughCache
from gateway.call_log import CallLog
from gateway.execution.compiled.plans import query_of
from gateway.execution.errors import cause_of, field_errors
from gateway.execution.executor import Executor, Request
from gateway.execution.explain.estimates import Estimate, Estimates
from gateway.execution.explain.planning import PlanningLoaders, UnknownError
from gateway.execution.explain.plans import Plan
from gateway.execution.explain.recording import RecordingLoaders, told
from gateway.execution.outcome import Answer, Outcome, outcome_of
from gateway.loaders import Loaders
from gateway.operation import Operation
from gateway.readings import Lifetimes, Readings
from gateway.schema.build import Schema
from gateway.schema.context import Context


class Explanation(Enum):
    """What a caller asks to be told; the values are those of `X-Gateway-Explain`."""

    PLAN = "plan"
    ACTUAL = "actual"


class Explainer:
    """Runs operations for callers who want to know what they cost: each alone, and nothing of it is kept as an answer.

    Args:
        executor: runs them.
        schema: what can be asked.
        source: where invoices are read.
        cache: shared by all operations.
        lifetimes: for which answers may be served.
    """

    def __init__(
        self, executor: Executor, schema: Schema, source: InvoiceSource, cache: ReadThroughCache, lifetimes: Lifetimes
    ) -> None:
        self._executor = executor
        self._schema = schema
        self._source = source
        self._cache = cache
        self._lifetimes = lifetimes

    async def run(self, explanation: Explanation, request: Request, operation: Operation) -> Answer:
        """The answer with its explanation among its extensions; what cannot run is answered as ever.

        Raises:
            GatewayError: as `Executor.run` does.
        """
        if explanation is Explanation.PLAN:
            return await self._planned(request, operation)
        return await self._told(request, operation)

    async def _told(self, request: Request, operation: Operation) -> Answer:
        begun_s = time.monotonic()
        log = CallLog()
        operation = msgspec.structs.replace(operation, call_log=log)
        loaders = RecordingLoaders(log, self._source, self._cache, self._lifetimes, operation)
        with _ending(loaders):
            outcome = await self._executor.outcome(request, Context(loaders, operation.deadline))
            answer = outcome.answer(operation.correlation_id)
            self._executor.journal.ended(request, operation, outcome, answer, begun_s)
            response = _members.decode(answer.body)
            if "data" not in response:
                return answer
            extensions = _members.decode(response.get("extensions", b"{}"))
            extensions["upstream"] = msgspec.Raw(msgspec.json.encode(told(log, loaders, operation)))
        return Answer(msgspec.json.encode(response | {"extensions": extensions}), answer.http_status)

    async def _planned(self, request: Request, operation: Operation) -> Answer:
        limit = operation.budget.limit
        loaders = PlanningLoaders(self._source, self._cache, self._lifetimes, operation)
        with _ending(loaders):
            result = await self._executor.executed(request, Context(loaders, operation.deadline))
            if isinstance(result, Outcome):
                return result.answer(operation.correlation_id)
            errors = result.errors or []
            if isinstance(result, PreExecutionError) or (result.data is None and not any(each.path for each in errors)):
                return outcome_of(result, []).answer(operation.correlation_id)
            readings = Readings(self._source, self._lifetimes, operation, self._cache.clock)
            plan = Plan(self._cache, readings, operation, limit)
            await plan.add(loaders.notes, self._estimates(request, errors))
        answers, key = self._cache.answers, request.key
        kept = None
        if answers is not None and key is not None:
            kept = answers.find(operation.caller.scope, key, operation.cache_control)
        response: dict[str, Any] = {"data": None}
        foreseen = [error for error in errors if not isinstance(cause_of(error), UnknownError)]
        if foreseen:
            response["errors"] = field_errors(foreseen, operation.correlation_id)
        response["extensions"] = {"plan": plan.told(is_answer_kept=kept is not None)}
        return Answer(msgspec.json.encode(response), 200)

    def _estimates(self, request: Request, errors: list[GraphQLError]) -> Iterator[Estimate]:
        """What may follow from each value that only upstream knows."""
        document = self._schema.documents.kept(request.document) or parse(request.document)
        operation = query_of(document, request.operation_name)
        unknown = Counter(
            tuple(name for name in error.path or () if isinstance(name, str))
            for error in errors
            if isinstance(cause_of(error), UnknownError)
        )
        if operation is not None:
            estimates = Estimates(self._schema, document, operation, request.variables or {})
            for path, count in unknown.items():
                yield estimates.below(path).each(count)


@contextmanager
def _ending(loaders: Loaders) -> Iterator[None]:
    try:
        yield
    finally:
        loaders.end()


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
