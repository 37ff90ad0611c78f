"""The store of this process: an aiocache backend that is bounded in bytes and drops what was used longest ago.

aiocache's own memory backend (0.12.3) has no bound, and its timers of past values delete newer ones.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import msgspec
from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer
from typing_extensions import override

from gateway.cache.entry import Entry
from gateway.caller import Scope


class BoundedMemoryCache(BaseCache):  # type: ignore[misc]  # aiocache has no types.
    """Keeps entries by their keys.

    Args:
        max_bytes: most memory for all entries together. An entry of more than all of it is not kept.
    """

    NAME = "memory"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(serializer=NullSerializer(), timeout=None)
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._keys: defaultdict[Scope, set[Hashable]] = defaultdict(set)
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def scopes(self) -> int:
        """How many scopes have entries."""
        return len(self._keys)

    def peek(self, key: Hashable) -> Entry | None:
        """The entry, without a turn of the event loop."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: Entry) -> bool:
        """Keep an entry, and drop what was used longest ago for it; False where it is larger than all may be."""
        self._remove(key)
        if entry.size_bytes > self._max_bytes:
            return False
        self._entries[key] = entry
        self._keys[entry.scope].add(key)
        self.size_bytes += entry.size_bytes
        while self.size_bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))
        return True

    def note_failure(self, key: str, failure: str, retry_at_s: float) -> None:
        """Remember of an entry, if it is there, that it could not be renewed."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries[key] = msgspec.structs.replace(entry, failure=failure, retry_at_s=retry_at_s)

    def drop(self, scope: Scope) -> None:
        """Forget everything of a scope."""
        for key in tuple(self._keys.get(scope, ())):
            self._remove(key)

    @override
    async def _get(self, key: str, encoding: str | None = None, _conn: Any = None) -> Entry | None:
        return self.peek(key)

    @override
    async def _multi_get(
        self, keys: Sequence[str], encoding: str | None = None, _conn: Any = None
    ) -> list[Entry | None]:
        return [self.peek(key) for key in keys]

    @override
    async def _set(self, key: str, value: Entry, ttl: Any = None, _cas_token: Any = None, _conn: Any = None) -> bool:
        return self.put(key, value)

    @override
    async def _delete(self, key: str, _conn: Any = None) -> int:
        return self._remove(key)

    def _remove(self, key: Hashable) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self.size_bytes -= entry.size_bytes
        keys = self._keys[entry.scope]
        keys.discard(key)
        if not keys:
            del self._keys[entry.scope]
        return 1
