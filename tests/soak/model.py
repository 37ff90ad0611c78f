"""What may be answered: the model that every answer of the soak is judged by.

Partner Center's data stand still during a soak. So an answer is right where it is, in every field, what was answered
before there were faults, or null beside an error that names the field.
"""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.error_codes import ERROR_CODES, HTTP_STATUS
from tests.soak.queries import Query

Truths = Mapping[str, Mapping[str, Any]]

# What faults upstream may lead to. The others of the table are callers' mistakes, or the gateway's own.
_FAILURES = {
    "RATE_LIMITED",
    "UPSTREAM_ERROR",
    "UPSTREAM_UNREADABLE",
    "UPSTREAM_TIMEOUT",
    "UPSTREAM_UNAVAILABLE",
    "OVERLOADED",
}
_REFUSALS = {"UNAUTHENTICATED", "FORBIDDEN"}
_REASONS = {"RENEWING", "ONLY_IF_CACHED"} | _FAILURES
_MAX_TOLD = 50

assert {code.name for code in ERROR_CODES} >= _FAILURES | _REFUSALS


class Asked(NamedTuple):
    """One request.

    Attributes:
        gateway: its name.
        partner: whose token it carried.
        query: what it asked.
        cache_control: the header; empty for none.
        began_s: when it was sent, on the clock of `time.monotonic`.
    """

    gateway: str
    partner: str
    query: Query
    cache_control: str
    began_s: float


class Model:
    """Judges answers, and remembers who is promised one.

    Args:
        truths: the right data by partner and query's name.
        settle_s: for so long after upstream has stopped to refuse a partner, what is read may still be dropped.
        longest_s: that an answer may take.
        secrets: texts that no answer may hold.

    Attributes:
        violations: what was wrong, each with its moment.
    """

    def __init__(self, truths: Truths, *, settle_s: float, longest_s: float, secrets: Sequence[str]) -> None:
        self._truths = truths
        self._settle_s = settle_s
        self._longest_s = longest_s
        self._secrets = [text.encode() for text in secrets]
        self._warm: set[tuple[str, str, str]] = set()
        self._refused: dict[str, list[list[float]]] = {}
        self._begun_s = time.monotonic()
        self.trouble = "none"
        self.violations: list[str] = []
        self.violation_count = 0

    def refuses(self, partners: Sequence[str]) -> None:
        """Upstream is about to refuse some partners: what is kept for them is dropped, and nothing is promised."""
        for partner in partners:
            self._refused.setdefault(partner, []).append([time.monotonic(), math.inf])
            self._warm = {key for key in self._warm if key[1] != partner}

    def refuses_no_more(self, partners: Sequence[str]) -> None:
        for partner in partners:
            self._refused[partner][-1][1] = time.monotonic() + self._settle_s

    def is_promised(self, asked: Asked) -> bool:
        """Whether a request that is sent now must be answered whole, unless its partner is refused meanwhile."""
        return (
            asked.query.is_promised
            and asked.cache_control in ("", "only-if-cached")
            and _key(asked) in self._warm
            and not self._is_refused(asked)
        )

    def judge(self, asked: Asked, status: int, body: bytes, answer: Any, *, is_promised: bool) -> str:
        """The outcome, for tables; what is wrong with it is a violation.

        Args:
            asked: the request.
            status: HTTP's.
            body: as it came.
            answer: what its JSON says.
            is_promised: what `is_promised` said when the request was sent.
        """
        took_s = time.monotonic() - asked.began_s
        if took_s > self._longest_s:
            self.violate(f"it took {took_s:.1f} s", asked, body)
        if any(secret in body for secret in self._secrets):
            self.violate("it tells what must not be told", asked, body)
        is_refused = self._is_refused(asked)
        wrong = self._wrong(asked, status, answer, is_refused=is_refused)
        if wrong:
            self.violate(wrong, asked, body)
            return "wrong"
        if "errors" in answer:
            if is_promised and not is_refused:
                self.violate("it was promised, and is not whole", asked, body)
            codes = sorted({error["extensions"]["code"] for error in answer["errors"]})
            is_partial = any(_has_value(value) for value in (answer.get("data") or {}).values())
            return f"{'part, ' if is_partial else ''}{codes[0]}{' and others' if codes[1:] else ''}"
        if not is_refused:
            self._warm.add(_key(asked))
        return "stale" if "extensions" in answer else "fresh"

    def violate(self, what: str, asked: Asked | None = None, body: bytes = b"") -> None:
        """Something is wrong."""
        self.violation_count += 1
        if len(self.violations) >= _MAX_TOLD:
            return
        told = f"at {time.monotonic() - self._begun_s:.1f} s: {what}"
        if asked is not None:
            told += (
                f"\n    {asked.query.name} of {asked.partner} at {asked.gateway}, Cache-Control '{asked.cache_control}'"
            )
            told += f"\n    sent at {asked.began_s - self._begun_s:.1f} s; trouble: {self.trouble}"
            told += f"\n    {body[:600]!r}"
        self.violations.append(told)
        print(f"VIOLATION {told}", flush=True)

    def _is_refused(self, asked: Asked) -> bool:
        """Whether upstream refuses the partner, or did so at some time since the request was sent."""
        return any(ended_s >= asked.began_s for _, ended_s in self._refused.get(asked.partner, ()))

    def _wrong(self, asked: Asked, status: int, answer: Any, *, is_refused: bool) -> str | None:
        errors = answer.get("errors", []) if isinstance(answer, dict) else None
        if errors is None or not answer.keys() <= {"data", "errors", "extensions"}:
            return "it is no GraphQL answer"
        allowed = _FAILURES | (_REFUSALS if is_refused else set())
        allowed |= {"NOT_CACHED"} if asked.cache_control == "only-if-cached" else set()
        strange = {error["extensions"]["code"] for error in errors} - allowed
        if strange:
            return f"{strange} is no answer to any fault there was"
        if answer.get("data") is None:
            code = errors[0]["extensions"]["code"] if errors else None
            return None if HTTP_STATUS.get(code or "") == status else f"it is a {status} without data for {code}"
        paths = [tuple(error.get("path") or ()) for error in errors]
        astray = [path for path in paths if not path or not _leads_to_null(answer["data"], path)]
        if status != 200 or astray:
            return f"it has data, status {status}, and errors that lead to no null: {astray}"
        at = _difference((), self._truths[asked.partner][asked.query.name], answer["data"], paths)
        if at is not None:
            return f"wrong data at {at}{self._whose(asked, answer['data'])}"
        return self._wrong_freshness(asked, answer)

    def _whose(self, asked: Asked, data: Any) -> str:
        others = [partner for partner, truth in self._truths.items() if truth.get(asked.query.name) == data]
        return f": it is what {others[0]} may see" if others else ""

    def _wrong_freshness(self, asked: Asked, answer: Any) -> str | None:
        for each in answer.get("extensions", {}).get("freshness", ()):
            if each["reason"] not in _REASONS:
                return f"unknown reason {each['reason']}"
            if each["reason"] == "ONLY_IF_CACHED" and asked.cache_control != "only-if-cached":
                return "ONLY_IF_CACHED is a reason that nobody gave"
            if not 0 <= each["age"] <= math.ceil(time.monotonic() - self._begun_s) + 1:
                return f"it is older than the soak: {each['age']} s"
            if asked.cache_control == "max-stale=0":
                return "it is stale, and that was not wanted"
        return None


def _key(asked: Asked) -> tuple[str, str, str]:
    return asked.gateway, asked.partner, asked.query.name


def _has_value(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_value, value))
    return value is not None


def _leads_to_null(data: Any, path: Sequence[Any]) -> bool:
    for part in path:
        if data is None:
            return True
        data = data[part]
    return data is None


def _difference(
    at: tuple[Any, ...], truth: Any, data: Any, errors: Sequence[tuple[Any, ...]]
) -> tuple[Any, ...] | None:
    """Where data are neither the truth nor a null that an error explains; None where nowhere."""
    if data == truth:
        return None
    if data is None:
        return None if any(error[: len(at)] == at for error in errors) else at
    if isinstance(truth, dict) and isinstance(data, dict) and truth.keys() == data.keys():
        pairs = [(name, truth[name], data[name]) for name in truth]
    elif isinstance(truth, list) and isinstance(data, list) and len(truth) == len(data):
        pairs = [(index, *both) for index, both in enumerate(zip(truth, data, strict=True))]
    else:
        return at
    return next(
        (found for name, true, got in pairs if (found := _difference((*at, name), true, got, errors)) is not None), None
    )
