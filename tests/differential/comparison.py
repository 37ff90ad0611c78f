"""Sessions run by two executors, and what differs between the two."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from gateway.errors import ForbiddenError, MfaRequiredError, UnauthenticatedError, WrongAudienceError
from tests.differential.arms import Arm, MakeExecutor, Outcome, compiled_count, compiling, interpreting
from tests.differential.sessions import Session, Step
from tests.machine.turned_loop import TurnedLoop

_REFUSALS = frozenset(
    error.code for error in (ForbiddenError, MfaRequiredError, UnauthenticatedError, WrongAudienceError)
)
UNREAD = frozenset(("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"))


class Difference(NamedTuple):
    """A step that two executors answer differently.

    Attributes:
        step: that they ran.
        history: the steps before it, in the same world.
        parts: of the outcome that differ.
        right: the outcome by graphql-core.
        found: the other.
    """

    step: Step
    history: list[Step]
    parts: tuple[str, ...]
    right: Outcome
    found: Outcome


class Pair(NamedTuple):
    """Who is compared: the one who is right, and the one who is to be proved."""

    right: MakeExecutor = interpreting
    proved: MakeExecutor = compiling


class Census:
    """What was run, counted.

    Attributes:
        cases: operations that both have run.
        documents: that were asked.
        unread: those of them that are no document, do not fit the schema, or are over a limit.
        compiled: operations that ran compiled, all through; None where the executor does not tell.
        outcomes: how often an answer was without errors, with each code, with something stale, or none at all.
    """

    def __init__(self) -> None:
        self.cases = 0
        self.documents = 0
        self.unread = 0
        self.compiled: int | None = None
        self.outcomes: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> frozenset[str]:
        """Count an outcome; its codes."""
        self.cases += 1
        if outcome.raised:
            self.outcomes["raised " + outcome.raised.partition(":")[0]] += 1
            return frozenset()
        response = json.loads(outcome.body)
        codes = frozenset(error["extensions"]["code"] for error in response.get("errors", ()))
        self.outcomes.update(codes or ("no error",))
        self.outcomes["stale"] += "extensions" in response
        return codes


def compare(session: Session, loop: TurnedLoop, census: Census, pair: Pair | None = None) -> Difference | None:
    """Run a session twice, up to the first step that differs: from there on the two worlds do, too."""
    arms = [Arm(make, session, loop) for make in pair or Pair()]
    found = None
    unread = set()
    for number, step in enumerate(session.steps):
        right, proved = (arm.run(step) for arm in arms)
        if UNREAD & census.add(right):
            unread.add(step.asked.document)
        parts = differing(right, proved)
        if parts:
            found = Difference(step, session.steps[:number], parts, right, proved)
            break
    census.documents += len({step.asked.document for step in session.steps})
    census.unread += len(unread)
    compiled = compiled_count(arms[1].executor)
    if compiled is not None:
        census.compiled = (census.compiled or 0) + compiled
    return found


def compare_last(
    session: Session, history: Iterable[Step], step: Step, loop: TurnedLoop, pair: Pair | None = None
) -> Difference | None:
    """Run some steps, and compare the outcomes of the last one."""
    arms = [Arm(make, session, loop) for make in pair or Pair()]
    before = list(history)
    for each in before:
        for arm in arms:
            arm.run(each)
    right, proved = (arm.run(step) for arm in arms)
    parts = differing(right, proved)
    return Difference(step, before, parts, right, proved) if parts else None


def differing(right: Outcome, found: Outcome) -> tuple[str, ...]:
    """What differs between two outcomes, in words; nothing where they are the same to the byte."""
    parts = [name for name in ("http_status", "raised", "logged") if getattr(right, name) != getattr(found, name)]
    if _calls_differ(right, found):
        parts.append("calls")
    if right.body != found.body:
        parts += _differing_members(_response(right), _response(found)) or ["only the bytes"]
    return tuple(parts)


def _calls_differ(right: Outcome, found: Outcome) -> bool:
    """Whether calls were made that graphql-core does not make, or others.

    Where fields are lost with another one, it makes some calls for them that nobody waits for any more; there they may
    be fewer. Where upstream refuses a caller, calls that are under way are not joined any more, and by how many turns
    of the loop one comes before the other says whether the same is asked again.
    """
    more, fewer = Counter(found.calls) - Counter(right.calls), Counter(right.calls) - Counter(found.calls)
    if _is_any_refused(right):
        more -= Counter({call: len(found.calls) for call in right.calls})
    return bool(more or (fewer and not _is_any_lost(right)))


def _is_any_refused(outcome: Outcome) -> bool:
    return any(error["extensions"]["code"] in _REFUSALS for error in _response(outcome).get("errors", ()))


def _is_any_lost(outcome: Outcome) -> bool:
    """Whether an error has taken more than its own field with it."""
    response = _response(outcome)
    errors = response.get("errors", ())
    return any(_is_null_above(response.get("data"), error.get("path", ())) for error in errors)


def _is_null_above(value: Any, path: Sequence[str | int]) -> bool:
    for key in path:
        if value is None:
            return True
        value = value[key]
    return False


def _differing_members(right: dict[str, Any], found: dict[str, Any]) -> list[str]:
    parts = []
    for name in sorted(right.keys() | found.keys()):
        one, other = right.get(name), found.get(name)
        if one == other:
            continue
        is_order = name != "data" and _in_any_order(one) == _in_any_order(other)
        parts.append(f"{name}, in their order" if is_order else name)
    return parts


def _in_any_order(value: Any) -> Any:
    """A list of errors, or of what is stale, so that only its members count."""
    if isinstance(value, dict):
        return {name: _in_any_order(each) for name, each in value.items()}
    return sorted(map(json.dumps, value)) if isinstance(value, list) else value


def _response(outcome: Outcome) -> dict[str, Any]:
    try:
        response = json.loads(outcome.body or b"{}")
    except ValueError:
        return {"text": outcome.body}
    return response if isinstance(response, dict) else {"text": outcome.body}
