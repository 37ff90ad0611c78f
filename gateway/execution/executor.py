"""Runs operations: one for all who ask the same at once, compiled where that is possible, else by graphql-core.

What an equal request was answered is given again for as long as every part of it is fresh.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, NamedTuple

import msgspec
import strawberry
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.billing import InvoiceSource
from gateway.cache import KeptAnswers, ReadThroughCache
from gateway.caller import Scope
from gateway.errors import GatewayError
from gateway.execution.compiled import Plans
from gateway.execution.journal import Journal
from gateway.execution.outcome import Answer, Outcome, faultless, is_its_own, outcome_of, refused
from gateway.freshness import ANY_AGE, CacheControl
from gateway.loaders import Loaders
from gateway.operation import Deadline, Operation
from gateway.readings import Lifetimes
from gateway.schema.build import Schema
from gateway.schema.context import Context
from gateway.schema.documents import UnnamedOperationError
from gateway.shared_calls import SharedCalls
from gateway.watched_loaders import WatchedLoaders
from gateway.watching import UNWATCHED, Watch

_QUERIES = frozenset({OperationType.QUERY})
_SPAN_ATTRIBUTES = {"graphql.operation.type": "query"}

# An operation keeps its deadline itself, by answering with what is there. This ends one that does not.
_LONG_ENOUGH_S = 3600.0


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


class Executor:
    """Runs operations of the one schema.

    Args:
        schema: what can be asked.
        source: where invoices are read.
        cache: shared by all operations.
        lifetimes: for which answers may be served.
        compiles: whether operations are compiled. Without it graphql-core executes every one.
        watch: who looks.
        slow_operation_s: from when on an operation is logged as slow; 0 logs none.

    Attributes:
        plans: of the operations that are compiled; None where none is.
        journal: tells of those that have ended.
    """

    def __init__(  # noqa: PLR0913 — every part of it, one a line.
        self,
        schema: strawberry.Schema,
        source: InvoiceSource,
        cache: ReadThroughCache,
        lifetimes: Lifetimes,
        *,
        compiles: bool = True,
        watch: Watch = UNWATCHED,
        slow_operation_s: float = 0,
    ) -> None:
        self._schema = schema
        self._source = source
        self._cache = cache
        self._lifetimes = lifetimes
        # What extends the schema is called by Strawberry alone.
        self._documents = schema.documents if isinstance(schema, Schema) and not schema.is_extended else None
        self.plans = Plans(schema) if compiles and self._documents is not None else None
        self._running = SharedCalls()
        self._loaders = Loaders if watch is UNWATCHED else partial(WatchedLoaders, watch)
        self.journal = Journal(watch, self._documents, slow_operation_s)
        self._spans = watch.spans

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds since the epoch, by which answers age."""
        return self._cache.clock

    @property
    def running(self) -> int:
        """How many operations are under way that others may join."""
        return len(self._running)

    async def aclose(self) -> None:
        """End the operations that are under way."""
        await self._running.close()

    def kept(self, scope: Scope, key: bytes, asked: CacheControl) -> Answer | None:
        """The answer that was given to an equal request of the same scope, where it may be given again.

        Args:
            scope: whose rights stand behind it.
            key: of the request.
            asked: how old it may be.
        """
        answers = self._cache.answers
        whole = None if answers is None else answers.find(scope, key, asked)
        self.journal.looked(is_there=whole is not None)
        return None if whole is None else Answer(whole.body, 200, whole)

    async def run(self, request: Request, operation: Operation) -> Answer:
        """The answer: an operation that cannot run, or not in every field, is answered with its errors.

        Raises:
            UnauthenticatedError: Entra challenges the caller, who can only answer if it is told by HTTP.
            OverloadedError: nothing could be served; load balancers and clients learn that by HTTP, too.
            NotCachedError: nothing could be served; "a 504" is what RFC 9111, 5.2.1.7 has them learn.
        """
        begun_s = time.monotonic()
        try:
            if request.key is None:
                outcome = await self._outcome(request, operation)
            else:
                outcome = await self._shared(request, operation, request.key)
        except asyncio.CancelledError:
            self.journal.left(request, operation, begun_s)
            raise
        told = outcome.answer(operation.correlation_id)
        self.journal.ended(request, operation, outcome, told, begun_s)
        return Answer(told.body, told.http_status, outcome.whole, outcome.is_of_upstream)

    def _shared(self, request: Request, operation: Operation, key: bytes) -> Coroutine[Any, Any, Outcome]:
        """The outcome of the one run for all of a scope who ask the same now."""
        asked = operation.cache_control
        # Nearly all ask for any age, and what they do not say need not be hashed.
        shared = (operation.caller.scope, key, None if asked is ANY_AGE else asked)
        run = partial(self._outcome, request, operation)
        if shared in self._running:
            return self._joined(shared, run, operation)
        return self._running.join(shared, run, Deadline.after(_LONG_ENOUGH_S))

    async def _joined(
        self, shared: Hashable, run: Callable[[], Coroutine[Any, Any, Outcome]], operation: Operation
    ) -> Outcome:
        """What another's run comes to.

        That the operation which began it had neither time nor money nor its turn is nothing to those who joined.
        """
        try:
            outcome = await self._running.join(shared, run, operation.deadline)
        except TimeoutError:
            pass
        except GatewayError as error:
            if not is_its_own(error):
                raise
        else:
            if not outcome.is_its_own:
                return msgspec.structs.replace(outcome, is_shared=True)
        return await run()

    def _outcome(self, request: Request, operation: Operation) -> Coroutine[Any, Any, Outcome]:
        """What one run comes to; its answer is kept, where it may be given again."""
        loaders = self._loaders(self._source, self._cache, self._lifetimes, operation)
        context = Context(loaders, operation.deadline)
        answers, key = self._cache.answers, request.key
        if answers is None or key is None:
            return self._loading(request, context)
        return self._keeping(request, operation, context, answers, key)

    async def _keeping(
        self, request: Request, operation: Operation, context: Context, answers: KeptAnswers, key: bytes
    ) -> Outcome:
        with answers.making(operation.caller.scope) as made:
            outcome = await self._loading(request, context)
            if outcome.is_faultless and not context.stale:
                body = outcome.answer(operation.correlation_id).body
                outcome.whole = answers.keep(
                    made, key, body, read_at_s=context.read_at_s, fresh_until_s=context.fresh_until_s
                )
        return outcome

    async def _loading(self, request: Request, context: Context) -> Outcome:
        try:
            with self._spans.begin("query", _SPAN_ATTRIBUTES) as span:
                outcome = await self.outcome(request, context)
                self.journal.describe(span, request)
                return outcome
        finally:
            context.loaders.end()

    async def outcome(self, request: Request, context: Context) -> Outcome:
        """What one run comes to, for nobody else and not to be kept; raises what `run` does."""
        data = None
        # A document that was not read before is graphql-core's, whatever becomes of it.
        document = None if self._documents is None else self._documents.kept(request.document)
        if self.plans is not None and document is not None:
            data = await self.plans.data(request.document, document, request.operation_name, request.variables, context)
        if data is not None:
            outcome = faultless(data, context.stale)
        else:
            # What a compiled run has noted before it came upon a surprise is noted anew.
            context.forget()
            result = await self.executed(request, context)
            outcome = result if isinstance(result, Outcome) else outcome_of(result, context.stale)
        # Where nothing was served, the moment is without end, and the age none.
        outcome.age_s = max(0.0, self._cache.clock() - context.read_at_s)
        outcome.is_of_upstream = context.is_of_upstream
        return outcome

    async def executed(self, request: Request, context: Context) -> ExecutionResult | Outcome:
        """What graphql-core comes to, or the refusal of a request that does not say what is to be run."""
        try:
            return await self._schema.execute(
                request.document,
                variable_values=request.variables,
                context_value=context,
                operation_name=request.operation_name,
                allowed_operation_types=_QUERIES,
            )
        except UnnamedOperationError:
            return refused("The document has several operations; name one as `operationName`.")
        except CannotGetOperationTypeError:
            which = "no operation" if request.operation_name is None else "no operation of this name"
            return refused(f"The document has {which}.")
        except InvalidOperationTypeError:
            return refused("This gateway answers queries only.")
