"""What an operation asked of upstream, and what it took from elsewhere, each with its time."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from typing_extensions import override

from gateway.cache import Found, Key, Reading
from gateway.call_log import CallLog
from gateway.execution.explain.resources import BY_NAME, resource_of
from gateway.freshness import Served
from gateway.loaders import Loaders, Outcome
from gateway.operation import Operation

T = TypeVar("T")

# An answer may be made of thousands of kept ones.
MOST_TOLD = 500

_MOST_PARTS_TOLD = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """An answer that this operation made no call for.

    Attributes:
        key: its key.
        origin: `cache`, `stale`, or `shared` where another's call brought it.
        start_s: on the operation's clock.
        length_s: that was waited for it.
    """

    key: Key[Any]
    origin: str
    start_s: float
    length_s: float = 0.0


class RecordingLoaders(Loaders):
    """Loaders that remember where each answer came from.

    Args:
        log: the operation's own calls.
        parts: what loaders are made of.
    """

    def __init__(self, log: CallLog, *parts: Any) -> None:
        super().__init__(*parts)
        self._log = log
        self._taken: dict[Key[Any], Taken] = {}
        self._omitted = 0

    @property
    def taken(self) -> tuple[list[Taken], int]:
        """The first answers of each key, and how many are left out."""
        return list(self._taken.values()), self._omitted

    @override
    def _serve(self, reading: Reading[Any], found: Found[T]) -> Served[T]:
        self._take(reading.key, "cache" if found.is_fresh else "stale", self._log.now_s)
        return super()._serve(reading, found)

    @override
    async def _load_each(self, readings: Sequence[Reading[T]], joined: Sequence[bool]) -> list[Outcome[T]]:
        start_s = self._log.now_s
        outcomes = await super()._load_each(readings, joined)
        length_s = self._log.now_s - start_s
        own = {resource_of(call.path) for call in self._log.calls if call.start_s >= start_s}
        for reading, outcome, is_joined in zip(readings, outcomes, joined, strict=True):
            # Another replica may have brought it, or a call that ended just before.
            is_shared = is_joined or (BY_NAME[reading.key.entity.name].path, _id_of(reading.key)) not in own
            if is_shared and not isinstance(outcome, BaseException):
                self._take(reading.key, "shared", start_s, length_s)
        return outcomes

    def _take(self, key: Key[Any], origin: str, start_s: float, length_s: float = 0.0) -> None:
        if key in self._taken:
            return
        if len(self._taken) < MOST_TOLD:
            self._taken[key] = Taken(key, origin, start_s, length_s)
        else:
            self._omitted += 1


def told(log: CallLog, loaders: RecordingLoaders, operation: Operation) -> dict[str, Any]:
    """As `extensions.upstream` has it: calls and answers in the order of their beginning.

    Args:
        log: the operation's own calls.
        loaders: of the operation.
        operation: at its end.
    """
    rows: list[dict[str, Any]] = [
        {
            "path": path,
            "of": invoice_id or (None if call.offset is None else f"offset {call.offset}"),
            "from": "upstream",
            "startMs": _ms(call.start_s),
            "ms": _ms(log.now_s - call.start_s if call.length_s is None else call.length_s),
            "bytes": call.body_bytes,
            "correlationId": operation.correlation_id,
        }
        | ({"error": call.failure} if call.failure else {})
        | ({"status": call.status} if call.status else {})
        for call in log.calls
        for path, invoice_id in [resource_of(call.path)]
    ]
    taken, omitted = loaders.taken
    rows += [
        {
            "path": BY_NAME[each.key.entity.name].path,
            # Of line items, the token of a page stands behind all that is worth telling.
            "of": "/".join(each.key.id.split("/")[:_MOST_PARTS_TOLD]) or None,
            "from": each.origin,
            "startMs": _ms(each.start_s),
            "ms": _ms(each.length_s),
            "bytes": None,
        }
        for each in taken
    ]
    rows.sort(key=lambda row: row["startMs"])
    return {
        "calls": [{"method": "GET"} | row for row in rows],
        "made": len(log.calls),
        "budget": operation.budget.limit,
        "ms": _ms(log.now_s),
        "omitted": omitted,
    }


def _id_of(key: Key[Any]) -> str:
    """The id in the path of a key's calls; a collection's window and a page's place stand in their parameters."""
    return key.id.partition("/")[0] if re.search(r"\{id\}", BY_NAME[key.entity.name].path) else ""


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
