"""The store of this process: an aiocache backend that is bounded in bytes and drops what was used longest ago.

aiocache's own memory backend (0.12.3) has no bound, and its timers of past values delete newer ones.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer
from typing_extensions import override


class Entry(NamedTuple):
    """A kept answer.

    Attributes:
        value: immutable; every reader gets this same object.
        fresh_until_s: until when it may be served, on the clock of `time.time`.
        size_bytes: the memory it takes, roughly.
    """

    value: Any
    fresh_until_s: float
    size_bytes: int


class BoundedMemoryCache(BaseCache):  # type: ignore[misc]  # aiocache has no types.
    """Keeps entries by their text keys.

    Args:
        max_bytes: most memory for all entries together. An entry of more than all of it is not kept.
    """

    NAME = "memory"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(serializer=NullSerializer(), timeout=None)
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def peek(self, key: str) -> Entry | None:
        """The entry, without a turn of the event loop."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

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
        await self._delete(key)
        if value.size_bytes > self._max_bytes:
            return False
        self._entries[key] = value
        self.size_bytes += value.size_bytes
        while self.size_bytes > self._max_bytes:
            _key, oldest = self._entries.popitem(last=False)
            self.size_bytes -= oldest.size_bytes
        return True

    @override
    async def _delete(self, key: str, _conn: Any = None) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self.size_bytes -= entry.size_bytes
        return 1
