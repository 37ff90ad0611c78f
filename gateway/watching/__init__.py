"""Who sees the gateway at work, beside its log: counts and spans. By default nobody looks, and it costs nothing.

What is looked at by the thousand (upstream calls, loaders) is done by classes of its own where somebody looks.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

Value = str | int | Sequence[str]


class Counts:
    """Counts what happens; this one does not.

    Called in the event loop alone. Every text is one of a set that does not grow with callers and invoices.
    """

    def operation(self, origin: str, outcome: str, duration_s: float, codes: Sequence[str]) -> None:
        """One has ended, which did not find its answer kept.

        Args:
            origin: `run`, or `shared` where another's run was joined.
            outcome: `ok`, `errors` beside data, `refused` before anything ran, or `left` by its caller.
            duration_s: seconds it took.
            codes: of its errors, each once.
        """

    def kept_answer(self, *, is_there: bool) -> None:
        """A request's whole answer was looked for."""

    def refused_request(self, code: str) -> None:
        """A request was refused as such, and is no operation."""

    def answered(self, entity: str, verdict: str) -> None:
        """A part of an answer was `fresh`, `stale`, `missing`, or one that `stood_in` for a failure."""

    def joined(self, what: str) -> None:
        """A call that was under way, or a run of an `operation`, was waited for instead of another."""

    def upstream_call(self, resource: str, outcome: str, duration_s: float) -> None:
        """One has ended, its tries included: `ok`, `not_found`, `cancelled`, or an error's code."""

    def upstream_retry(self, resource: str) -> None:
        """A call is tried a second time."""


class Span:
    """A piece of work with a beginning and an end; of this one nothing is remembered."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def note(self, name: str, value: Value) -> None:
        """Set an attribute: never an id, a variable or a token."""

    def rename(self, name: str) -> None:
        """Give it a name that was not known at its beginning; one of a few."""


class Spans:
    """Remembers spans; this one does not."""

    def serving(self, app: Any) -> Any:
        """An ASGI application whose requests are spans."""
        return app

    def begin(
        self,
        name: str,  # noqa: ARG002 — for those who remember.
        attributes: Mapping[str, Value] | None = None,  # noqa: ARG002
        *,
        leaves: bool = False,  # noqa: ARG002
    ) -> Span:
        """A span within the current one, for as long as its block lasts.

        Args:
            name: one of a few.
            attributes: by OpenTelemetry's names where it has one.
            leaves: whether it is a call to another service.
        """
        return NO_SPAN

    def current(self) -> Span:
        """The span that this is part of."""
        return NO_SPAN

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What a call to another service tells it of the current span."""
        return []

    def close(self) -> None:
        """Hand on what is still to be; takes seconds at most."""


NO_SPAN = Span()


@dataclasses.dataclass(frozen=True, slots=True)
class Watch:
    """All who see the gateway at work.

    Attributes:
        counts: counts.
        spans: traces.
    """

    counts: Counts = dataclasses.field(default_factory=Counts)
    spans: Spans = dataclasses.field(default_factory=Spans)


UNWATCHED = Watch()
"""Nobody looks."""
