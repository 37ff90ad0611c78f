"""A difference in words: from which seed, what was asked, and both outcomes; then the smallest of its kind."""

from tests.differential.arms import Outcome
from tests.differential.comparison import Difference, Pair
from tests.differential.sessions import Session
from tests.differential.shrinking import smallest
from tests.machine.turned_loop import TurnedLoop


def told(session: Session, found: Difference, loop: TurnedLoop, pair: Pair | None = None) -> str:
    """The report; it takes some seconds, for the smallest difference is looked for."""
    return "\n".join(
        (
            f"session {session.seed}, step {len(found.history)}, documents kept: {session.is_kept}",
            *_lines(found),
            "",
            "the smallest of it:",
            *_lines(smallest(session, found, loop, pair)),
        )
    )


def _lines(found: Difference) -> tuple[str, ...]:
    step = found.step
    return (
        f"differs: {', '.join(found.parts)}",
        f"after {len(found.history)} steps, {step.after_s} s; upstream {step.upstream}, {step.calls} calls",
        str(step.cache_control),
        f"operation name: {step.asked.operation_name!r}, variables: {step.asked.variables!r}",
        step.asked.document,
        f"right: {_outcome(found.right)}",
        f"found: {_outcome(found.found)}",
    )


def _outcome(outcome: Outcome) -> str:
    # As JSON escapes it: lone surrogates and control characters do not print.
    text = outcome.body.decode("utf-8", "backslashreplace")
    return f"{outcome.http_status} {text} {outcome.raised}\n    logged {outcome.logged}, calls {outcome.calls}"
