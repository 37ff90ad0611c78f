"""What is kept, here and in a store that replicas share: found, judged, kept, and dropped when its scope is refused."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self, TypeVar

from gateway.cache.entry import Entry, Found, judge
from gateway.cache.keys import Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.reading import Reading
from gateway.cache.replicas import Replicas, Shelf, in_thread_if_large, size_bytes
from gateway.caller import Scope
from gateway.freshness import CacheControl, Windows
from gateway.operation import Deadline, Operation
from gateway.shared_calls import SharedCalls

T = TypeVar("T")

# After a failure to renew, the past is served without a wait for so long. Upstream's recovery is seen within a second.
_PAUSE_AFTER_FAILURE_S = 0.5

# A look into the replicas' store is shared, as calls are; the store's own time-outs end it long before this.
_LOOK_S = 60.0

_NOWHERE: Mapping[Key[Any], Entry] = {}


class Fetch:
    """A call under way, or several that are made together, for as long as their block runs.

    Args:
        keys: what they are for, all of one scope.
        under_way: those of each scope, of which it is one.
        is_of_answer: whether a whole answer is made, of what others bring.

    Attributes:
        keys: what they are for.
        generation: of the scope in the replicas' store, from before upstream was asked; None shares nothing.
        is_void: whether the scope has been refused since it began: what it brings is not kept.
    """

    __slots__ = ("_beside", "_under_way", "generation", "is_of_answer", "is_void", "keys")

    def __init__(
        self, keys: Sequence[Key[Any]], under_way: "defaultdict[Scope, set[Fetch]]", *, is_of_answer: bool = False
    ) -> None:
        self.is_of_answer = is_of_answer
        self.keys = keys
        self.generation: bytes | None = None
        self.is_void = False
        self._under_way = under_way

    def __enter__(self) -> Self:
        self._beside = beside = self._under_way[self.keys[0].scope]
        beside.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.discard(self)
        if not self._beside:
            del self._under_way[self.keys[0].scope]


class Stock:
    """Entries by key, judged as they are taken out.

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
        self.replicas = replicas if memory is not None else None
        self.clock = clock
        self._made_of_it: list[BoundedMemoryCache] = []
        self._looks = SharedCalls()
        self._fetches: defaultdict[Scope, set[Fetch]] = defaultdict(set)

    @property
    def stores(self) -> Mapping[str, BoundedMemoryCache]:
        """This process's memory: of `parts`, and of `answers` made of them."""
        stores = zip(("parts", "answers"), (self._memory, *self._made_of_it), strict=False)
        return {name: store for name, store in stores if store is not None}

    def goes_with(self, memory: BoundedMemoryCache) -> None:
        """Have what another store keeps for a scope dropped with what is kept here, since it is made of that."""
        self._made_of_it.append(memory)

    async def look(self, readings: Sequence[Reading[Any]], asked: CacheControl) -> dict[Key[Any], Found[Any]]:
        """What is kept and may be served, of answers of one scope, in one round trip."""
        if self._memory is None:
            return {}
        found = self._found(readings, asked)
        if self.replicas is None:
            return found
        unsure = tuple(dict.fromkeys(each.key for each in readings if not _is_enough(found.get(each.key), each.key)))
        if not unsure:
            return found
        shelf = await self._looks.join(unsure, partial(self._find, self.replicas, unsure), Deadline.after(_LOOK_S))
        # What is too large for this memory is served from there. All is judged now, since the store took its time.
        return self._found(readings, asked, shelf.entries)

    async def _find(self, replicas: Replicas, keys: tuple[Key[Any], ...]) -> Shelf:
        with self.fetching(keys[0]) as fetch:
            shelf = await replicas.find(keys)
            if fetch.is_void:  # Refused meanwhile.
                return Shelf(None, {})
            for key, entry in shelf.entries.items():
                await self.take_over(key, entry)
        return shelf

    async def close(self) -> None:
        await self._looks.close()
        if self.replicas is not None:
            await self.replicas.close()

    def peek(self, reading: Reading[T], asked: CacheControl) -> Found[T] | None:
        """What is kept here and may be served."""
        entry = self.entry(reading.key)
        return None if entry is None else self.judged(reading, entry, asked)

    def has_any(self, readings: Sequence[Reading[Any]], asked: CacheControl) -> bool:
        """Whether any of some answers is kept here and may be served."""
        return self._memory is not None and any(self.peek(reading, asked) is not None for reading in readings)

    def entry(self, key: Key[Any]) -> Entry | None:
        return self._memory.peek(str(key)) if self._memory is not None else None

    def judged(self, reading: Reading[T], entry: Entry, asked: CacheControl) -> Found[T] | None:
        """What may be done with an entry; None where it may not be served, or not for this purpose."""
        return judge(entry, self.clock(), asked) if reading.is_usable(entry.value) else None

    def is_fresh(self, reading: Reading[Any], entry: Entry, operation: Operation) -> bool:
        """Whether an entry may be served, and need not be read anew."""
        found = self.judged(reading, entry, operation.cache_control)
        return found is not None and found.is_fresh

    def fetching(self, *keys: Key[Any], is_of_answer: bool = False) -> Fetch:
        """A call for a key, calls for several of one scope, or the making of a whole answer.

        Its block is to hold all that is done for it.
        """
        return Fetch(keys, self._fetches, is_of_answer=is_of_answer)

    def unkept(self, key: Key[Any], value: Any, read_at_s: float, windows: Windows) -> Entry | None:
        """As `keep`, where nothing is kept; None elsewhere."""
        if self._memory is not None:
            return None
        return Entry(key.scope, value, read_at_s, self.clock(), windows, 0)

    async def keep(  # noqa: PLR0913 — what is said of an entry.
        self,
        key: Key[Any],
        fetch: Fetch,
        value: Any,
        read_at_s: float,
        windows: Windows,
        *,
        is_wanted_new: bool = False,
    ) -> Entry:
        """Keep what a call brought, here and for other replicas.

        Args:
            key: what it is for.
            fetch: the call.
            value: what it brought.
            read_at_s: when upstream was asked, on the clock.
            windows: for how long it may be served.
            is_wanted_new: whether somebody wanted nothing that is kept.
        """
        if self._memory is None:
            return Entry(key.scope, value, read_at_s, self.clock(), windows, 0)
        encoded = await in_thread_if_large(key, key.entity.encode, value)
        entry = Entry(key.scope, value, read_at_s, self.clock(), windows, size_bytes(len(encoded)))
        if not fetch.is_void:
            self._void_answers(key, is_wanted_new=is_wanted_new)
            await self._memory.set(str(key), entry)
            if self.replicas is not None and fetch.generation is not None:
                await self.replicas.keep(key, entry, encoded, fetch.generation)
        return entry

    async def take_over(self, key: Key[Any], entry: Entry) -> None:
        """Keep here what another replica has read, if it is newer than what is here."""
        mine = self.entry(key)
        if self._memory is not None and (mine is None or mine.kept_at_s < entry.kept_at_s):
            self._void_answers(key)
            await self._memory.set(str(key), entry)

    def note_failure(self, key: Key[Any], failure: str) -> None:
        """Remember for a moment that an answer could not be renewed."""
        if self._memory is not None:
            self._memory.note_failure(str(key), failure, self.clock() + _PAUSE_AFTER_FAILURE_S)

    def drop(self, scope: Scope) -> list[Key[Any]]:
        """Forget here what a scope may not see any more. Returns what it is reading now, which will not be kept."""
        if self._memory is not None:
            self._memory.drop(scope)
        self._drop_answers(scope)
        fetches = self._fetches.get(scope, set())
        for fetch in fetches:
            fetch.is_void = True
        return [key for fetch in fetches for key in fetch.keys]

    def _void_answers(self, key: Key[Any], *, is_wanted_new: bool = False) -> None:
        """Drop what is made of an entry that is replaced before its time: somebody would not have it any more.

        An entry that had to make room, or was too large to be kept, may still stand in an answer.
        """
        mine = self.entry(key)
        if is_wanted_new if mine is None else self.clock() < mine.fresh_until_s:
            self._drop_answers(key.scope)
            for fetch in self._fetches.get(key.scope, ()):
                # One that is being made may have it in it, too.
                fetch.is_void = fetch.is_void or fetch.is_of_answer

    def _drop_answers(self, scope: Scope) -> None:
        for memory in self._made_of_it:
            memory.drop(scope)

    def _found(
        self, readings: Sequence[Reading[Any]], asked: CacheControl, elsewhere: Mapping[Key[Any], Entry] = _NOWHERE
    ) -> dict[Key[Any], Found[Any]]:
        found = {}
        for reading in readings:
            kept = self.peek(reading, asked)
            if kept is None and reading.key in elsewhere:
                kept = self.judged(reading, elsewhere[reading.key], asked)
            if kept is not None:
                found[reading.key] = kept
        return found


def _is_enough(found: Found[Any] | None, key: Key[Any]) -> bool:
    """Whether nothing newer need be looked for elsewhere. What is large is not fetched for each caller while stale."""
    return found is not None and (found.is_fresh or (found.at_once and key.entity.is_large))
