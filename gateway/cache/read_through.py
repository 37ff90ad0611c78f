"""This while: answers are kept for their fresh window, here and in a store that replicas share."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec

from gateway.cache.keys import Key
from gateway.cache.memory import BoundedMemoryCache, Entry
from gateway.errors import UpstreamTimeoutError
from gateway.operation import Deadline
from gateway.shared_calls import SharedCalls
from gateway.telemetry import log

T = TypeVar("T")
V = TypeVar("V")

# A value takes about twice its encoding, and its entry with its key half a KiB (tests/cache/test_memory_measure.py).
_MEMORY_BYTES_PER_ENCODED_BYTE = 2
_MEMORY_BYTES_PER_ENTRY = 512


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a store outside this process holds under a key."""

    fresh_until_s: float
    encoded: msgspec.Raw


class ReplicaStore(Protocol):
    """A store that processes share: bytes by text key, each with a lifetime. It never raises."""

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None]: ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None: ...

    async def ping(self) -> bool: ...

    async def close(self) -> None: ...


class ReadThroughCache:
    """Answers by key: from memory, from the replicas' store, or by one shared call.

    Values are immutable, failures are never kept, and what is kept is bounded in bytes.

    Args:
        memory: this process's store; None keeps nothing, here or elsewhere.
        replicas: the store shared with other processes, or None.
        clock: seconds since the epoch, the same in all replicas.
    """

    def __init__(
        self,
        memory: BoundedMemoryCache | None,
        replicas: ReplicaStore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._replicas = replicas
        self._clock = clock
        self._calls = SharedCalls()

    async def find_many(self, keys: Sequence[Key[Any]]) -> dict[Key[Any], Any]:
        """The fresh answers among some keys, in one round trip; a key that is absent has none."""
        if self._memory is None:
            return {}
        now_s = self._clock()
        entries = await self._memory.multi_get([str(key) for key in keys])
        found = {
            key: entry.value for key, entry in zip(keys, entries, strict=True) if entry and entry.fresh_until_s > now_s
        }
        if self._replicas is not None:
            missing = [key for key in keys if key not in found]
            kept = await self._replicas.get_many([str(key) for key in missing])
            for key, data in zip(missing, kept, strict=True):
                entry = data and await self._entry_of(key, data)
                if entry and entry.fresh_until_s > now_s:
                    await self._memory.set(str(key), entry)
                    found[key] = entry.value
        return found

    async def load(
        self,
        key: Key[T],
        fetch: Callable[[], Coroutine[Any, Any, T]],
        *,
        fresh_s: Callable[[T], float],
        deadline: Deadline,
        outlives_deadline: bool = False,
    ) -> T:
        """The answer by one call, which all who miss the key now share; it is kept for its fresh window.

        Args:
            key: names the answer; the caller has not found it.
            fetch: makes the call.
            fresh_s: seconds for which an answer may be served.
            deadline: how long to wait.
            outlives_deadline: let the call run on when the deadline passes, and fill the cache for those who ask next.

        Raises:
            GatewayError: the call failed, or the deadline passed.
        """

        async def call() -> T:
            # Another call for the key may have ended between the caller's look and this moment.
            entry = self._memory.peek(str(key)) if self._memory is not None else None
            if entry is not None and entry.fresh_until_s > self._clock():
                return cast("T", entry.value)
            value = await fetch()
            await self._keep(key, value, fresh_s(value))
            return value

        try:
            return await self._calls.join(key, call, deadline, outlives_deadline=outlives_deadline)
        except TimeoutError:
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None

    def is_loading(self, key: Key[Any]) -> bool:
        """Whether a call for the key is running, which another would join."""
        return key in self._calls

    async def state(self) -> str:
        """Degraded where the store shared with other processes does not answer now; ok otherwise."""
        return "ok" if self._replicas is None or await self._replicas.ping() else "degraded"

    async def close(self) -> None:
        await self._calls.close()
        if self._replicas is not None:
            await self._replicas.close()

    async def _keep(self, key: Key[T], value: T, fresh_s: float) -> None:
        if self._memory is None:
            return
        encoded = await self._in_thread_if_large(key, key.entity.encode, value)
        fresh_until_s = self._clock() + fresh_s
        await self._memory.set(str(key), self._entry(value, fresh_until_s, len(encoded)))
        if self._replicas is not None:
            kept = msgspec.msgpack.encode(Kept(fresh_until_s, msgspec.Raw(encoded)))
            await self._replicas.set(str(key), kept, fresh_s)

    async def _entry_of(self, key: Key[T], data: bytes) -> Entry | None:
        try:
            kept = _kept.decode(data)
            value = await self._in_thread_if_large(key, key.entity.decode, kept.encoded)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            log.warning("cache store holds what the gateway did not write", entity=key.entity.name)
            return None
        return self._entry(value, kept.fresh_until_s, len(data))

    @staticmethod
    def _entry(value: Any, fresh_until_s: float, encoded_bytes: int) -> Entry:
        size_bytes = _MEMORY_BYTES_PER_ENTRY + _MEMORY_BYTES_PER_ENCODED_BYTE * encoded_bytes
        return Entry(value, fresh_until_s, size_bytes)

    @staticmethod
    async def _in_thread_if_large(key: Key[T], code: Callable[[Any], V], value: Any) -> V:
        return await asyncio.to_thread(code, value) if key.entity.is_large else code(value)


_kept = msgspec.msgpack.Decoder(Kept)
