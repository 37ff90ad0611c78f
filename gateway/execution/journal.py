"""What is told of operations that have ended: a line of the log for each, counts, and attributes of spans."""

import logging
import math
import time
from collections.abc import Mapping
from typing import Any, Protocol

from graphql import OperationDefinitionNode

from gateway.execution.compiled.plans import query_of
from gateway.execution.document_shape import shape_of, told_name, variable_types
from gateway.execution.outcome import Answer, Outcome
from gateway.operation import Operation
from gateway.schema.documents import Documents
from gateway.telemetry import correlation_id, log, tell_operation, tells_operations
from gateway.watching import NO_SPAN, Span, Watch

_EXECUTED = 200


class Asked(Protocol):
    """What a client asks, as `executor.Request` has it."""

    @property
    def document(self) -> str: ...

    @property
    def operation_name(self) -> str | None: ...


class Journal:
    """Tells of operations; of none does it tell a value, a variable or a token.

    A kept answer has a line at debug level only: at info it would take a twentieth of what the answer takes.

    Args:
        watch: who else looks.
        documents: that were read; None where nobody remembers them.
        slow_s: from when on an operation is slow; 0 is never.
    """

    def __init__(self, watch: Watch, documents: Documents | None, slow_s: float) -> None:
        self._counts = watch.counts
        self._spans = watch.spans
        self._documents = documents
        self._slow_s = slow_s or math.inf

    def looked(self, *, is_there: bool) -> None:
        """A whole answer was looked for among those that are kept."""
        self._counts.kept_answer(is_there=is_there)
        if is_there:
            self._spans.current().note("gateway.answer.origin", "kept")
            if tells_operations(logging.DEBUG):
                fields = {"event": "operation", "correlation_id": correlation_id.get(None)}
                tell_operation(logging.DEBUG, fields | {"origin": "kept", "outcome": "ok"})

    def describe(self, span: Span, asked: Asked) -> None:
        """Say of a run's span which operation it is."""
        if span is not NO_SPAN:
            name = told_name(self._operation(asked))
            if name is not None:
                span.note("graphql.operation.name", name)

    def ended(self, asked: Asked, operation: Operation, outcome: Outcome, answer: Answer, begun_s: float) -> None:
        """One was answered.

        Args:
            asked: what.
            operation: on whose account.
            outcome: what it came to.
            answer: as it is told.
            begun_s: when it began, on the clock of `time.monotonic`.
        """
        said = "ok" if not answer.codes else "errors" if answer.http_status == _EXECUTED else "refused"
        about = {"errors": answer.codes} if answer.codes else {}
        origin, age_s = "shared" if outcome.is_shared else "run", round(outcome.age_s, 3)
        self._tell(asked, operation, begun_s, {"origin": origin, "outcome": said, "age_s": age_s} | about)

    def left(self, asked: Asked, operation: Operation, begun_s: float) -> None:
        """One ended before it was answered: its caller has left, or the process ends."""
        self._tell(asked, operation, begun_s, {"origin": "run", "outcome": "left"})

    def refused(self, code: str, correlation: str) -> None:
        """A request was refused as such: nothing was run that could be told of."""
        self._counts.refused_request(code)
        self._spans.current().note("gateway.error.codes", [code])
        if tells_operations(logging.INFO):
            fields = {"event": "request refused", "correlation_id": correlation, "code": code}
            tell_operation(logging.INFO, fields)

    def _tell(self, asked: Asked, operation: Operation, begun_s: float, about: Mapping[str, Any]) -> None:
        duration_s = time.monotonic() - begun_s
        is_told, is_slow = tells_operations(logging.INFO), duration_s >= self._slow_s
        origin, outcome = about["origin"], about["outcome"]
        self._counts.operation(origin, outcome, duration_s, about.get("errors", ()))
        if origin == "shared":
            self._counts.joined("operation")
        span = self._spans.current()
        span.note("gateway.answer.origin", origin)
        span.note("gateway.answer.outcome", outcome)
        if "errors" in about:
            span.note("gateway.error.codes", about["errors"])
        if not (is_told or is_slow):
            return
        fields: dict[str, Any] = {
            "event": "operation",
            "correlation_id": operation.correlation_id,
            "name": told_name(self._operation(asked)),
            "duration_ms": round(duration_s * 1000, 3),
            "upstream_calls": operation.budget.spent,
            **about,
        }
        if is_told:
            tell_operation(logging.INFO, fields)
        if is_slow:
            fields["event"] = "slow operation"
            log.warning(**fields, **self._shape(asked))

    def _operation(self, asked: Asked) -> OperationDefinitionNode | None:
        document = None if self._documents is None else self._documents.kept(asked.document)
        return None if document is None else query_of(document, asked.operation_name)

    def _shape(self, asked: Asked) -> dict[str, Any]:
        document = None if self._documents is None else self._documents.kept(asked.document)
        operation = self._operation(asked)
        if document is None or operation is None:
            return {}
        return {"document": shape_of(document, len(asked.document)), "variables": variable_types(operation)}
