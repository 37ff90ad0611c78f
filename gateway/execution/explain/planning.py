"""A run that asks nothing of upstream: what is kept is served, and what is not is noted."""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from typing_extensions import override

from gateway.billing import Invoice
from gateway.cache import Found, Key, Reading
from gateway.errors import GatewayError, NotCachedError, UpstreamBudgetExceededError
from gateway.freshness import Served
from gateway.loaders import Loaders, Outcome

T = TypeVar("T")

# Levels of fields are bounded, and each takes some turns of the event loop where all is kept.
_TURNS_TO_AN_ANSWER = 100


class UnknownError(GatewayError):
    """Only upstream knows this; what would be made of it is unknown, too. No caller ever sees it."""

    def __init__(self) -> None:
        super().__init__("Only Partner Center knows this.")


@dataclasses.dataclass(slots=True)
class Notes:
    """What a run came upon. Keys are those of answers.

    Attributes:
        served: what was there, as it was found.
        missing: what was not, each by whether upstream would be asked for it.
        later: those that have to wait for an answer, which may bring them, too, or leave no budget for them.
        joined: what was not, and is being read already.
        refused: what there would be no budget for.
        perhaps: ids that might be asked for, should the collection not have them.
        may_be_denied: whether an invoice might be denied by id, which leads to the collection.
    """

    served: dict[Key[Any], Found[Any]] = dataclasses.field(default_factory=dict)
    missing: dict[Key[Any], bool] = dataclasses.field(default_factory=dict)
    later: set[Key[Any]] = dataclasses.field(default_factory=set)
    joined: set[Key[Any]] = dataclasses.field(default_factory=set)
    refused: set[Key[Any]] = dataclasses.field(default_factory=set)
    perhaps: set[str] = dataclasses.field(default_factory=set)
    may_be_denied: bool = False


class PlanningLoaders(Loaders):
    """Loaders whose calls are noted and not made; all that leads to a call is theirs, unchanged.

    Attributes:
        notes: what they came upon.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.notes = Notes()
        self._is_later = False

    @override
    async def _load_all(self, readings: Sequence[Reading[T]]) -> list[Outcome[T]]:
        outcomes = await super()._load_all(readings)
        for reading, outcome in zip(readings, outcomes, strict=True):
            if isinstance(outcome, UpstreamBudgetExceededError):
                self.notes.refused.add(reading.key)
        return outcomes

    @override
    async def _load_each(self, readings: Sequence[Reading[T]], joined: Sequence[bool]) -> list[Outcome[T]]:
        if not readings:
            return []  # What was kept comes at once.
        # A call pays in the loop's next turn, when all that are asked for in this one have been foreseen.
        await asyncio.sleep(0)
        unknown: list[Outcome[T]] = [
            self._note(reading, is_joined=each) for reading, each in zip(readings, joined, strict=True)
        ]
        # Its answer comes when all that needs none of it has been asked for.
        for _ in range(_TURNS_TO_AN_ANSWER):
            await asyncio.sleep(0)
        self._is_later = True
        return unknown

    def _note(self, reading: Reading[Any], *, is_joined: bool) -> GatewayError:
        if self._operation.cache_control.only_if_cached:
            self.notes.missing[reading.key] = False
            return NotCachedError()
        if is_joined:
            self.notes.joined.add(reading.key)
        elif reading.key not in self.notes.missing:
            try:
                self._operation.budget.spend()
            except UpstreamBudgetExceededError as error:
                self.notes.refused.add(reading.key)
                return error
            self.notes.missing[reading.key] = True
            if self._is_later:
                self.notes.later.add(reading.key)
        return UnknownError()

    @override
    def _serve(self, reading: Reading[Any], found: Found[T]) -> Served[T]:
        if self._is_later and reading.key not in self.notes.served:
            self.notes.later.add(reading.key)
        self.notes.served[reading.key] = found
        return found.served

    @override
    async def _load_by_id(self, readings: Sequence[Reading[Invoice | None]]) -> list[Outcome[Invoice | None]]:
        outcomes = await super()._load_by_id(readings)
        self.notes.may_be_denied |= any(isinstance(outcome, UnknownError) for outcome in outcomes)
        return outcomes

    @override
    async def _from_collection(
        self, denied: Mapping[str, Outcome[Invoice | None]]
    ) -> dict[str, Outcome[Invoice | None]]:
        found = await super()._from_collection(denied)
        if any(isinstance(outcome, UnknownError) for outcome in found.values()):
            # Those that have not been asked for by id: the collection came first, to spare calls.
            kept = self.notes.served.keys()
            self.notes.perhaps |= {each for each in denied if self._readings.invoice(each).key not in kept}
        return found
