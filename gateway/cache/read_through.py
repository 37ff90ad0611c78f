"""This while: answers are kept for their windows, here and in a store that replicas share.

What may be served is served; what is missing is had by one shared call. A failing upstream is stood in for by what
was kept, and a refusing one ends it.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from gateway.cache.entry import Entry, Found, judge
from gateway.cache.keys import Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.reading import Reading
from gateway.cache.replicas import Replicas, in_thread_if_large, size_bytes
from gateway.caller import Scope
from gateway.errors import GatewayError, NotCachedError, UpstreamTimeoutError
from gateway.freshness import COVERED, CacheControl, Served, Windows
from gateway.operation import Deadline, Operation
from gateway.shared_calls import SharedCalls

T = TypeVar("T")

# Who could be served from the past waits no longer than this for the present.
_PATIENCE_S = 2.0
# After a failure to renew, the past is served without a wait for so long. Upstream's recovery is seen within a second.
_PAUSE_AFTER_FAILURE_S = 0.5


class ReadThroughCache:
    """Answers by key: from memory, from the replicas' store, or by one shared call.

    Values are immutable, failures are never kept, and what is kept is bounded in bytes.

    Args:
        memory: this process's store; None keeps nothing, here or elsewhere.
        replicas: what is shared with other processes, or None.
        clock: seconds since the epoch, the same in all replicas.
    """

    def __init__(
        self,
        memory: BoundedMemoryCache | None,
        replicas: Replicas | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._replicas = replicas
        self.clock = clock
        self._calls = SharedCalls()
        self._refused: set[Key[Any]] = set()

    async def look(self, readings: Sequence[Reading[Any]], asked: CacheControl) -> dict[Key[Any], Found[Any]]:
        """What is kept and may be served, of answers of one scope, in one round trip."""
        if self._memory is None:
            return {}
        found = {reading.key: kept for reading in readings if (kept := self._in_memory(reading, asked)) is not None}
        if self._replicas is None:
            return found
        unsure = [reading for reading in readings if reading.key not in found or not found[reading.key].is_fresh]
        if unsure:
            shelf = await self._replicas.find([reading.key for reading in unsure])
            for reading in unsure:
                entry = shelf.entries.get(reading.key)
                if entry is not None and await self._take_over(reading.key, entry):
                    kept = self._in_memory(reading, asked) or self._judged(reading, entry, asked)
                    if kept is not None:
                        found[reading.key] = kept
        return found

    async def load(self, reading: Reading[T], operation: Operation) -> Served[T]:
        """The answer by one call, which all who miss it now share; or by what is kept, where that fails.

        Args:
            reading: how to read it; the caller has found nothing that may be served at once.
            operation: on whose account, until when, and how old it may be.

        Raises:
            GatewayError: the call failed, or the deadline passed, and nothing that is kept may stand in for it.
        """
        asked = operation.cache_control
        if asked.only_if_cached:
            raise NotCachedError
        since_s = self.clock()
        # A call that others began may have been content with less than this caller is; its own is not.
        for is_own in (False, True):
            deadline, runs_on_s = self._patience(reading, operation)
            try:
                entry = await self._calls.join(
                    reading.key, partial(self._call, reading, operation), deadline, runs_on_s=runs_on_s
                )
            except TimeoutError:
                return self.stand_in(reading, asked, UpstreamTimeoutError("Partner Center did not answer in time."))
            except COVERED as error:
                return self.stand_in(reading, asked, error)
            if is_own or entry.kept_at_s >= since_s or self._judged(reading, entry, asked) is not None:
                break
        return Served(cast("T", entry.value))

    def renew_behind(self, reading: Reading[Any], operation: Operation) -> None:
        """Read an answer anew for whoever asks next, unless that is being done."""
        behind = operation.behind()
        self._calls.begin(
            reading.key, partial(self._call, reading, behind), runs_on_s=_runs_on_s(reading, behind.deadline)
        )

    def stand_in(self, reading: Reading[T], asked: CacheControl, error: GatewayError) -> Served[T]:
        """What is kept, in the place of a failure.

        Raises:
            GatewayError: the failure, where nothing is.
        """
        found = self._in_memory(reading, asked)
        if found is None:
            raise error
        return found.served if found.is_fresh else found.served._replace(stale_because=error.code)

    def is_loading(self, key: Key[Any]) -> bool:
        """Whether a call for the key is running, which another would join."""
        return key in self._calls

    async def state(self) -> str:
        """Degraded where the store shared with other processes does not answer now; ok otherwise."""
        return "ok" if self._replicas is None else await self._replicas.state()

    async def close(self) -> None:
        await self._calls.close()
        if self._replicas is not None:
            await self._replicas.close()

    def _patience(self, reading: Reading[Any], operation: Operation) -> tuple[Deadline, float]:
        """How long to wait for the call, and how long it may run on when that is over."""
        if self._in_memory(reading, operation.cache_control) is None:
            return operation.deadline, _runs_on_s(reading, None)
        left_s = _PATIENCE_S - self._calls.age_s(reading.key)
        return (
            Deadline.after(min(max(0.0, left_s), operation.deadline.remaining_s)),
            _runs_on_s(reading, operation.deadline),
        )

    async def _call(self, reading: Reading[Any], operation: Operation) -> Entry:
        """The entry as another has just made it, or as upstream has it now."""
        key = reading.key
        try:
            # Another call for the key may have ended between the caller's look and this moment.
            entry = self._memory.peek(str(key)) if self._memory is not None else None
            if entry is not None and self._is_fresh(reading, entry, operation.cache_control):
                return entry
            if self._replicas is None or self._memory is None:
                return await self._fetch(reading, operation, None)
            return await self._fetch_for_all(self._replicas, reading, operation)
        finally:
            self._refused.discard(key)

    async def _fetch_for_all(self, replicas: Replicas, reading: Reading[Any], operation: Operation) -> Entry:
        """One call at a time among replicas; who waited for another's takes what it brought."""
        while True:
            held = await replicas.hold_or_wait(reading.key)
            try:
                shelf = await replicas.find([reading.key])
                entry = shelf.entries.get(reading.key)
                if entry is not None and self._is_fresh(reading, entry, operation.cache_control):
                    await self._take_over(reading.key, entry)
                    return entry
                if held is not None:
                    generation = shelf.generation or await replicas.begin(reading.key.scope)
                    return await self._fetch(reading, operation, generation)
            finally:
                if held is not None:
                    await held.release()

    async def _fetch(self, reading: Reading[Any], operation: Operation, generation: bytes | None) -> Entry:
        key = reading.key
        read_at_s = self.clock()
        try:
            value = await reading.fetch(operation)
        except GatewayError as error:
            if reading.is_refusal(error):
                await self._drop(key.scope)
            elif isinstance(error, COVERED) and self._memory is not None:
                self._memory.note_failure(str(key), error.code, self.clock() + _PAUSE_AFTER_FAILURE_S)
            raise
        return await self._keep(key, value, read_at_s, reading.windows(value), generation)

    async def _keep(
        self, key: Key[Any], value: Any, read_at_s: float, windows: Windows, generation: bytes | None
    ) -> Entry:
        if self._memory is None:
            return Entry(key.scope, value, read_at_s, self.clock(), windows, 0)
        encoded = await in_thread_if_large(key, key.entity.encode, value)
        entry = Entry(key.scope, value, read_at_s, self.clock(), windows, size_bytes(len(encoded)))
        if key not in self._refused:
            await self._memory.set(str(key), entry)
            if self._replicas is not None and generation is not None:
                await self._replicas.keep(key, entry, encoded, generation)
        return entry

    async def _take_over(self, key: Key[Any], entry: Entry) -> bool:
        """Keep what another replica has read, if it is newer than what is here."""
        if self._memory is None:
            return False
        mine = self._memory.peek(str(key))
        if mine is not None and mine.kept_at_s >= entry.kept_at_s:
            return False
        await self._memory.set(str(key), entry)
        return True

    async def _drop(self, scope: Scope) -> None:
        """Forget what a scope may not see any more, and do not keep what it is reading now."""
        self._refused.update(key for key in self._calls if isinstance(key, Key) and key.scope == scope)
        if self._memory is not None:
            self._memory.drop(scope)
            if self._replicas is not None:
                await self._replicas.drop(scope)

    def _in_memory(self, reading: Reading[Any], asked: CacheControl) -> Found[Any] | None:
        entry = self._memory.peek(str(reading.key)) if self._memory is not None else None
        return None if entry is None else self._judged(reading, entry, asked)

    def _judged(self, reading: Reading[Any], entry: Entry, asked: CacheControl) -> Found[Any] | None:
        return judge(entry, self.clock(), asked) if reading.is_usable(entry.value) else None

    def _is_fresh(self, reading: Reading[Any], entry: Entry, asked: CacheControl) -> bool:
        found = self._judged(reading, entry, asked)
        return found is not None and found.is_fresh


def _runs_on_s(reading: Reading[Any], deadline: Deadline | None) -> float:
    """A call that outlives deadlines ends by its own time-out."""
    if reading.outlives_deadline:
        return float("inf")
    return 0.0 if deadline is None else deadline.length_s
