"""Reading through: what may be served is served; what is missing is had by one shared call.

A failing upstream is stood in for by what was kept, and a refusing one ends it.
"""

import asyncio
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from gateway.cache.answers import KeptAnswers
from gateway.cache.entry import Entry, Found
from gateway.cache.fetcher import Fetcher
from gateway.cache.keys import Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.persisted import PersistedQueries
from gateway.cache.reading import Reading
from gateway.cache.stock import Stock
from gateway.caller import Scope
from gateway.errors import GatewayError, NotCachedError, UpstreamTimeoutError
from gateway.freshness import ANY_AGE, COVERED, CacheControl, Served
from gateway.operation import Deadline, Operation
from gateway.shared_calls import SharedCalls

T = TypeVar("T")

# Who could be served from the past waits no longer than this for the present.
_PATIENCE_S = 2.0


class ReadThroughCache:
    """Answers by key: from what is kept, or by one call that all share who need it at the same time.

    Values are immutable, failures are never kept, and what is kept is bounded in bytes.

    Args:
        stock: what is kept.
        answers_max_bytes: most memory for whole answers made of it; 0 keeps none.
        persisted_queries: documents by their hashes.

    Attributes:
        answers: those; None where none are kept.
        persisted_queries: as given; None where no hashes are taken.
    """

    def __init__(
        self, stock: Stock, answers_max_bytes: int = 0, persisted_queries: PersistedQueries | None = None
    ) -> None:
        self.persisted_queries = persisted_queries
        self._stock = stock
        self.answers = KeptAnswers(stock, answers_max_bytes) if answers_max_bytes else None
        self._calls = SharedCalls()
        self._fetcher = Fetcher(stock, self.drop)

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds since the epoch, by which answers age."""
        return self._stock.clock

    @property
    def stores(self) -> Mapping[str, BoundedMemoryCache | PersistedQueries]:
        """This process's memory: of `parts`, of `answers` made of them, and of `persisted_queries`."""
        queries = self.persisted_queries
        return self._stock.stores if queries is None else {**self._stock.stores, "persisted_queries": queries}

    async def look(self, readings: Sequence[Reading[Any]], asked: CacheControl) -> dict[Key[Any], Found[Any]]:
        """What is kept and may be served, of answers of one scope, in one round trip."""
        return await self._stock.look(readings, asked)

    async def load(self, reading: Reading[T], operation: Operation) -> Served[T]:
        """The answer by one call, which all who miss it now share; or by what is kept, where that fails.

        Args:
            reading: how to read it; the caller has found nothing that may be served at once.
            operation: on whose account, until when, and how old it may be.

        Raises:
            GatewayError: the call failed, or the deadline passed, and nothing that is kept may stand in for it.
        """
        (answer,) = await self.load_all([reading], operation)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def load_all(self, readings: Sequence[Reading[T]], operation: Operation) -> list[Served[T] | BaseException]:
        """The same for many at once; an error stands in the place of its own answer."""
        if operation.cache_control.only_if_cached or not readings:
            return [NotCachedError() for _ in readings]
        since_s = self.clock()
        entries = await self._join_all(readings, operation)
        answers = []
        for reading, joined in zip(readings, entries, strict=True):
            entry = joined
            if isinstance(entry, Entry) and entry.kept_at_s < since_s and not self._suits(reading, entry, operation):
                # A call that others began was content with less than this caller is.
                (entry,) = await self._join_all([reading], operation)
            answers.append(self._answer(reading, operation, entry, since_s))
        return answers

    def renew_behind(self, reading: Reading[Any], operation: Operation) -> None:
        """Read an answer anew for whoever asks next, unless that is being done."""
        behind = operation.behind()
        runs_on_s = _runs_on_s(reading, behind.deadline)
        self._calls.begin(reading.key, partial(self._fetcher.entry, behind, reading), runs_on_s=runs_on_s)

    def stand_in(self, reading: Reading[T], asked: CacheControl, error: GatewayError) -> Served[T] | None:
        """What is kept by now, in the place of a failure; None where nothing is."""
        found = self._stock.peek(reading, asked)
        if found is None:
            return None
        if found.is_fresh:
            return found.served
        return dataclasses.replace(found.served, stale_because=error.code)

    def is_loading(self, key: Key[Any]) -> bool:
        """Whether a call for the key is running, which another would join."""
        return key in self._calls

    def are_loading(self, readings: Sequence[Reading[Any]]) -> list[bool]:
        """The same of the key of each."""
        return self._calls.are_running([reading.key for reading in readings])

    async def drop(self, scope: Scope) -> None:
        """Forget what a scope may not see any more: upstream has refused it."""
        for key in self._stock.drop(scope):
            self._calls.detach(key)  # Who comes next shall not have what was asked for before.
        if self._stock.replicas is not None:
            await self._stock.replicas.drop(scope)

    async def state(self) -> str:
        """Degraded where the store shared with other processes does not answer now; ok otherwise."""
        return "ok" if self._stock.replicas is None else await self._stock.replicas.state()

    async def close(self) -> None:
        await self._calls.close()
        await self._fetcher.close()
        await self._stock.close()

    def _answer(
        self, reading: Reading[T], operation: Operation, entry: Entry | BaseException, since_s: float
    ) -> Served[T] | BaseException:
        """What is answered after a call that was joined at some moment."""
        if isinstance(entry, Entry):
            found = self._stock.judged(reading, entry, ANY_AGE) if entry.kept_at_s < since_s else None
            return found.served if found else Served(entry.value, 0.0, None, entry.fresh_until_s, entry.read_at_s)
        if isinstance(entry, COVERED):
            return self.stand_in(reading, operation.cache_control, entry) or entry
        return entry

    async def _join_all(self, readings: Sequence[Reading[Any]], operation: Operation) -> list[Entry | BaseException]:
        """What the calls for some answers bring, as long as it is worth waiting for them."""
        has_kept = self._stock.has_any(readings, operation.cache_control)
        if has_kept and len(readings) > 1:
            # Who could be served from the past waits less long than who could not.
            joined = await asyncio.gather(*(self._join_all([reading], operation) for reading in readings))
            return [outcome for (outcome,) in joined]
        deadline = operation.deadline
        runs_on_s = math.inf if any(reading.outlives_deadline for reading in readings) else 0.0
        if has_kept:
            patience_s = max(0.0, _PATIENCE_S - self._calls.age_s(readings[0].key))
            deadline = Deadline.after(min(patience_s, operation.deadline.remaining_s))
            runs_on_s = _runs_on_s(readings[0], operation.deadline)
        wanted = [(reading.key, reading) for reading in readings]
        outcomes = await self._calls.join_all(
            wanted,
            partial(self._fetcher.entry, operation),
            deadline,
            runs_on_s=runs_on_s,
            start_all=partial(self._fetcher.entries, operation),
        )
        return [_late() if isinstance(outcome, TimeoutError) else outcome for outcome in outcomes]

    def _suits(self, reading: Reading[Any], entry: Entry, operation: Operation) -> bool:
        return self._stock.judged(reading, entry, operation.cache_control) is not None


def _late() -> UpstreamTimeoutError:
    return UpstreamTimeoutError("Partner Center did not answer in time.")


def _runs_on_s(reading: Reading[Any], deadline: Deadline) -> float:
    """For how long a call may run on with nobody waiting. One that outlives deadlines ends by its own time-out."""
    return math.inf if reading.outlives_deadline else deadline.length_s
