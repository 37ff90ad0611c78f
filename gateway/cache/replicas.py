"""What replicas share of the cache: encoded entries by key, a generation for each scope, and leases of calls."""

import asyncio
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from gateway.cache.entry import Entry
from gateway.cache.keys import Key, scope_text
from gateway.cache.lease import Held, Leases, LeaseStore
from gateway.caller import Scope
from gateway.freshness import Windows
from gateway.telemetry import log

T = TypeVar("T")
V = TypeVar("V")

# A value takes about twice its encoding, and its entry with its key half a KiB (tests/cache/test_memory_measure.py).
_MEMORY_BYTES_PER_ENCODED_BYTE = 2
_MEMORY_BYTES_PER_ENTRY = 512

_GENERATION_BYTES = 8
# Twice the longest window that there is by default. A generation that ends takes the scope's entries with it.
_GENERATION_S = 2 * 24 * 60 * 60
# An entry from further ahead would live longer here than its windows say.
_CLOCKS_DIFFER_BY_S = 5.0
# Of more scopes refused while the store was away, those refused longest ago are forgotten.
_MAX_DROPS_REMEMBERED = 4096


class ReplicaStore(LeaseStore, Protocol):
    """A store that processes share: bytes by text key, each with a lifetime. It never raises."""

    async def set(self, key: str, value: bytes, ttl_s: float) -> None: ...

    async def set_if_absent(self, key: str, value: bytes, ttl_s: float) -> bool | None: ...

    async def delete(self, keys: Sequence[str]) -> None: ...

    async def ping(self) -> bool: ...

    async def close(self) -> None: ...


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """An entry as the store has it."""

    generation: bytes
    read_at_s: float
    kept_at_s: float
    windows: Windows
    encoded: msgspec.Raw


_kept = msgspec.msgpack.Decoder(_Kept)


class Shelf(NamedTuple):
    """What the store has of a scope.

    Attributes:
        generation: that the scope's entries belong to; None where it has none.
        entries: those that were asked for and are there.
    """

    generation: bytes | None
    entries: dict[Key[Any], Entry]


class Replicas:
    """Entries in a store outside this process. Where the store fails it is as if it were empty.

    A scope's entries belong to its generation, a random value under a key of its own. To forget them all is to forget
    that value: one command, whatever there is, and what other replicas are about to write is forgotten with it.

    Args:
        store: where they are.
        clock: seconds since the epoch; replicas' clocks agree within seconds.
    """

    def __init__(self, store: ReplicaStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._leases = Leases(store)
        self._dropped_at_s: OrderedDict[Scope, float] = OrderedDict()

    async def find(self, keys: Sequence[Key[Any]]) -> Shelf:
        """What is there for some keys of one scope, in one round trip."""
        asked = [_generation_key(keys[0].scope), *map(str, keys)]
        is_long = any(key.entity.is_large for key in keys)
        generation, *found = await self._store.get_many(asked, is_long=is_long)
        if generation is None:
            return Shelf(None, {})
        if len(generation) != _GENERATION_BYTES:  # Not ours.
            await self.drop(keys[0].scope)
            return Shelf(None, {})
        entries = {
            key: entry
            for key, data in zip(keys, found, strict=True)
            if data is not None and (entry := await self._entry(key, data, generation)) is not None
        }
        return Shelf(generation, entries)

    async def begin(self, scope: Scope) -> bytes | None:
        """A generation for a scope that has none; None where the store fails. To be had before upstream is asked."""
        key, generation = _generation_key(scope), secrets.token_bytes(_GENERATION_BYTES)
        is_begun = await self._store.set_if_absent(key, generation, _GENERATION_S)
        if is_begun is False:  # By another in this moment.
            (generation_there,) = await self._store.get_many([key])
            return generation_there
        return generation if is_begun else None

    async def keep(self, key: Key[Any], entry: Entry, encoded: bytes, generation: bytes) -> None:
        """Share an entry.

        Args:
            key: its key.
            entry: the entry.
            encoded: its value.
            generation: that the scope had before upstream was asked.
        """
        kept = _Kept(generation, entry.read_at_s, entry.kept_at_s, entry.windows, msgspec.Raw(encoded))
        await self._store.set(str(key), msgspec.msgpack.encode(kept), entry.windows.usable_s)

    async def drop(self, scope: Scope) -> None:
        """Forget everything of a scope; where the store does not hear of it, what it has from before is not taken."""
        self._dropped_at_s[scope] = self._clock()
        self._dropped_at_s.move_to_end(scope)
        while len(self._dropped_at_s) > _MAX_DROPS_REMEMBERED:
            self._dropped_at_s.popitem(last=False)
        await self._store.delete([_generation_key(scope)])

    async def hold_or_wait(self, key: Key[Any]) -> Held | None:
        """The right to make the call for a key; None when another replica's call may have ended: look again."""
        return await self._leases.hold_or_wait(str(key))

    async def state(self) -> str:
        return "ok" if await self._store.ping() else "degraded"

    async def close(self) -> None:
        await self._store.close()

    async def _entry(self, key: Key[Any], data: bytes, generation: bytes) -> Entry | None:
        try:
            kept = _kept.decode(data)
            if kept.generation != generation or kept.kept_at_s > self._clock() + _CLOCKS_DIFFER_BY_S:
                return None
            if kept.read_at_s <= self._dropped_at_s.get(key.scope, -math.inf):
                return None
            value = await in_thread_if_large(key, key.entity.decode, kept.encoded)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            log.warning("cache store holds what the gateway did not write", entity=key.entity.name)
            return None
        return Entry(key.scope, value, kept.read_at_s, kept.kept_at_s, kept.windows, size_bytes(len(data)))


def size_bytes(encoded_bytes: int) -> int:
    """The memory that an entry takes, roughly, from the length of its value's encoding."""
    return _MEMORY_BYTES_PER_ENTRY + _MEMORY_BYTES_PER_ENCODED_BYTE * encoded_bytes


async def in_thread_if_large(key: Key[Any], code: Callable[[V], T], value: V) -> T:
    """Encode or decode; what would hold up the event loop, elsewhere."""
    return await asyncio.to_thread(code, value) if key.entity.is_large else code(value)


def _generation_key(scope: Scope) -> str:
    return f"{scope_text(scope)}:"
