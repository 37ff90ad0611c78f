"""From what a planning run came upon to what the operation would cost: rows of calls, and their totals."""

import dataclasses
import math
from collections.abc import Iterable
from enum import Enum
from typing import Any

from gateway.billing import EVERYTHING, InvoiceDateWindow
from gateway.cache import Found, Key, ReadThroughCache
from gateway.execution.explain.estimates import Estimate
from gateway.execution.explain.planning import Notes
from gateway.execution.explain.resources import BY_NAME, RESOURCES
from gateway.operation import Operation
from gateway.readings import INVOICE, INVOICES, Readings
from gateway.stand_ins import freshest


class Verdict(Enum):
    """What is to be said of answers now; UNKNOWN is of those whose ids come with another answer."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    IN_FLIGHT = "in flight"
    UNKNOWN = "unknown"


@dataclasses.dataclass(slots=True)
class Row:
    """Calls of one resource.

    Attributes:
        answers: how many, of which it is known that they are needed.
        least: calls.
        most: calls.
        later: of the least, those that might not be needed any more, or find no budget left.
    """

    answers: int = 0
    least: int = 0
    most: float = 0
    later: int = 0


class Plan:
    """What an operation would ask of upstream, if that answers as it should.

    Args:
        cache: where answers are kept.
        readings: of the operation.
        operation: planned, and not paid for.
        limit: calls that it may make.
    """

    def __init__(self, cache: ReadThroughCache, readings: Readings, operation: Operation, limit: int) -> None:
        self._cache = cache
        self._readings = readings
        self._operation = operation
        self._limit = limit
        self._rows: dict[tuple[str, Verdict], Row] = {}
        self._is_refused = False

    async def add(self, notes: Notes, estimates: Iterable[Estimate]) -> None:
        """Reckon in what a run came upon.

        Args:
            notes: of the run.
            estimates: of what may follow from each value that it did not find.
        """
        self._add_certain(notes)
        below = sum(estimates, Estimate())
        windows = set(below.windows)
        if notes.may_be_denied or below.answers.get(INVOICE.name):
            windows.add(EVERYTHING)
        await self._add_windows(windows, notes)
        self._add(INVOICE.name, Verdict.MISSING, most=len(notes.perhaps))
        # Which calls find no budget left depends on which answers come first, and which are asked for together.
        self._is_refused = bool(notes.refused)
        for key in notes.refused - notes.missing.keys():
            self._add(key.entity.name, Verdict.MISSING, most=BY_NAME[key.entity.name].most_calls)
        for name, count in below.answers.items():
            self._add(name, Verdict.UNKNOWN, most=count * BY_NAME[name].most_calls)

    def told(self, *, is_answer_kept: bool) -> dict[str, Any]:
        """As `extensions.plan` has it.

        Args:
            is_answer_kept: whether the whole answer is: nothing need be asked then, whatever became of its parts.
        """
        if is_answer_kept:
            self._rows = {key: Row(row.answers) for key, row in self._rows.items()}
        paid = [row for (_name, verdict), row in self._rows.items() if verdict is not Verdict.STALE]
        behind = [row for (_name, verdict), row in self._rows.items() if verdict is Verdict.STALE]
        if self._is_refused:
            for row in (*paid, *behind):
                row.least = 0
        else:
            for row in paid:
                row.least -= row.later
        least, most = sum(row.least for row in paid), sum(row.most for row in paid)
        least_behind, most_behind = sum(row.least for row in behind), sum(row.most for row in behind)
        calls: list[dict[str, Any]] = []
        for resource in RESOURCES:
            for verdict in Verdict:
                row = self._rows.get((resource.entity.name, verdict), Row())
                if verdict is Verdict.STALE:
                    # What is renewed behind has a budget of its own, and nobody knows who gets the last of it.
                    row_least = row.least if least_behind <= self._limit else 0
                    row_most = min(_whole(row.most), self._limit)
                else:
                    row_least, row_most = row.least, min(_whole(row.most), self._limit - least + row.least)
                if row.answers or row_most:
                    calls.append(
                        {
                            "method": "GET",
                            "path": resource.path,
                            "verdict": verdict.value,
                            "answers": row.answers,
                            "least": row_least,
                            "most": row_most,
                            "behind": verdict is Verdict.STALE,
                        }
                    )
        return {
            "calls": calls,
            "least": least,
            "most": min(self._limit, _whole(most)),
            "behind": {"least": min(self._limit, least_behind), "most": min(self._limit, _whole(most_behind))},
            "budget": self._limit,
            "mayExceedBudget": self._is_refused or most > self._limit,
            "answerKept": is_answer_kept,
        }

    def _add_certain(self, notes: Notes) -> None:
        for key, is_called in notes.missing.items():
            name = key.entity.name
            self._add(name, Verdict.MISSING, 1, int(is_called), BY_NAME[name].most_calls if is_called else 0)
            self._rows[name, Verdict.MISSING].later += is_called and key in notes.later
        for key in notes.joined - notes.missing.keys():
            self._add(key.entity.name, Verdict.IN_FLIGHT, 1)
        for key in notes.served.keys() - notes.missing.keys() - notes.joined:
            self._add_served(key, notes.served[key], answers=1, is_later=key in notes.later)

    def _add_served(self, key: Key[Any], found: Found[Any], *, answers: int, is_later: bool = False) -> None:
        """An answer that may be served: known to be needed, or not."""
        name = key.entity.name
        if found.is_fresh:
            self._add(name, Verdict.FRESH, answers)
        elif found.to_renew and self._cache.is_loading(key):
            self._add(name, Verdict.IN_FLIGHT, answers)
        else:
            most = BY_NAME[name].most_calls if found.to_renew else 0
            is_certain = found.to_renew and answers > 0 and not is_later
            self._add(name, Verdict.STALE, answers, int(is_certain), most)

    async def _add_windows(self, windows: set[InvoiceDateWindow], notes: Notes) -> None:
        """Collections that may be read, should something that is not known yet ask for them."""
        everything = self._readings.collection(EVERYTHING)
        known = {*notes.missing, *notes.joined, *notes.served}
        asked = [reading for reading in map(self._readings.collection, windows) if reading.key not in known]
        if not asked:
            return
        kept = await self._cache.look([everything, *asked], self._operation.cache_control)
        whole = kept.get(everything.key)
        for reading in asked:
            best = freshest((everything, whole), (reading, kept.get(reading.key)))
            if best is not None:
                if best[0].key not in known:
                    known.add(best[0].key)
                    self._add_served(best[0].key, best[1], answers=0)
            elif not (self._cache.is_loading(reading.key) or self._operation.cache_control.only_if_cached):
                self._add(INVOICES.name, Verdict.MISSING, most=BY_NAME[INVOICES.name].most_calls)

    def _add(self, name: str, verdict: Verdict, answers: int = 0, least: int = 0, most: float = 0) -> None:
        if answers or most:
            row = self._rows.setdefault((name, verdict), Row())
            row.answers += answers
            row.least += least
            row.most += most


def _whole(count: float) -> int:
    """A number that JSON can have; more than any limit, where there is no end."""
    return 2**31 - 1 if math.isinf(count) else int(count)
