"""The store that replicas share: Redis through aiocache. When it fails it is as if it were empty."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any, TypeVar

from redis.exceptions import ResponseError

from gateway.cache.redis_connection import open_redis
from gateway.cache.stall_proof import stall_proof_timeout
from gateway.telemetry import log

T = TypeVar("T")

_TIMEOUT_S = 0.25
_SECONDS_BETWEEN_PROBES = 0.5
# More at once would open more connections, and gain nothing: Redis answers one command after another.
_MOST_COMMANDS_AT_ONCE = 16
# A collection of 20,000 invoices is some 10 MB. What is longer than this was not written by a gateway.
_LONGEST_VALUE_BYTES = 16 * 1024**2
# A slower way to the store would keep a caller waiting for more than a second while the longest value is written.
_SLOWEST_BYTES_PER_S = 40_000_000

# Takes the key, the value, its milliseconds and the length of the longest value. Absent is what `get_many` leaves out.
_SET_IF_ABSENT = """
local length = redis.pcall('STRLEN', KEYS[1])
if type(length) == 'number' and length > 0 and length <= tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Both take the lease's key, the holder's token and the milliseconds of a lease. No lease lives longer than that: what
# does, or lives for ever, is garbage of whatever type, and is written over.
_TAKE = """
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms > 0 and left_ms <= tonumber(ARGV[2]) and redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return left_ms end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_GIVE_BACK = "if redis.pcall('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisStore:
    """Bytes by text key, each with a lifetime.

    No operation raises. None takes longer than a quarter of a second, which a long value may exceed by up to 0.42 s,
    and half a second for its turn where many ask. After an answer that did not come, nobody is kept waiting until a
    ping of the store's own is answered: the first is sent at once, others each half a second. A refusal of one
    command, such as for want of memory or of a right, says nothing of the others and stops none.

    Args:
        url: `redis://[user[:password]@]host[:port][/db]`, percent-encoded where needed; `rediss` for TLS. A user
            needs get, mget, set, strlen, pttl, del, unlink, eval, ping, and select where the address names a database.
        tls: whom `rediss` trusts; None takes the system's authorities.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        self._cache = open_redis(url, tls)
        self._slots = asyncio.Semaphore(_MOST_COMMANDS_AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_down = False
        self._probe: asyncio.Task[None] | None = None
        self._refusals: dict[str, str] = {}

    async def get_many(self, keys: Sequence[str], *, is_long: bool = False) -> list[bytes | None]:
        """One round trip for all keys; None for what is not there, or is no string, or is too long to be ours.

        Args:
            keys: of the values.
            is_long: whether one of them may be megabytes, which take their time.
        """
        absent: list[bytes | None] = [None] * len(keys)
        if not keys:
            return absent
        timeout_s = _LONGEST_VALUE_BYTES / _SLOWEST_BYTES_PER_S if is_long else 0
        found = await self._ask("mget", lambda: self._cache.multi_get(keys), timeout_s=timeout_s, suspects=keys)
        if found is None or len(found) != len(keys):
            return absent
        return [value if value and len(value) <= _LONGEST_VALUE_BYTES else None for value in found]

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep a value for some seconds; one of more than 16 MiB is not kept."""
        if len(value) > _LONGEST_VALUE_BYTES:
            self._tell_refusal("set of more than 16 MiB", "too long")
            return
        await self._ask(
            "set",
            lambda: self._cache.raw("set", key, value, px=_milliseconds(ttl_s)),
            timeout_s=len(value) / _SLOWEST_BYTES_PER_S,
        )

    async def set_if_absent(self, key: str, value: bytes, ttl_s: float) -> bool | None:
        """Whether the value, a short one, is kept now; False where there was one, None where the store failed."""
        words = (_SET_IF_ABSENT, 1, key, value, _milliseconds(ttl_s), _LONGEST_VALUE_BYTES)
        kept = await self._ask("eval", lambda: self._cache.raw("eval", *words))
        return None if kept is None else kept == 1

    async def delete(self, keys: Sequence[str]) -> None:
        """Forget values, of whatever type, in one round trip."""
        if keys:
            await self._ask("unlink", lambda: self._cache.raw("unlink", *keys))

    async def take_lease(self, key: str, token: str, ttl_s: float) -> bool | None:
        """Whether the lease is the token's now, for some seconds from now on; None where the store failed.

        It is, where it was so before, where nobody holds it, and where the key holds something that is no lease.
        """
        left_ms = await self._ask("eval", lambda: self._cache.raw("eval", _TAKE, 1, key, token, _milliseconds(ttl_s)))
        return None if left_ms is None else left_ms == 0

    async def give_back_lease(self, key: str, token: str) -> None:
        """End a lease, if it is still the token's."""
        await self._ask("eval", lambda: self._cache.raw("eval", _GIVE_BACK, 1, key, token))

    async def ping(self) -> bool:
        """Whether the store answers now."""
        answers: bool = await self._in_own_task(self._answers_ping())
        if answers:
            self._is_down = False
        else:
            self._fall(())
        return answers

    async def close(self) -> None:
        self._is_down = True
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Exception):  # Of a server that does not say goodbye.
            await self._cache.client.aclose()

    async def _ask(
        self, name: str, command: Callable[[], Awaitable[Any]], *, timeout_s: float = 0, suspects: Sequence[str] = ()
    ) -> Any:
        """The answer to a command, or None where there is none.

        Args:
            name: of the command, for the log.
            command: sends it.
            timeout_s: beyond the quarter of a second.
            suspects: keys that may hold a value too long to read, if no answer comes.
        """
        if self._is_down:
            return None
        return await self._in_own_task(self._run(name, command, _TIMEOUT_S + timeout_s, suspects))

    async def _in_own_task(self, work: Coroutine[Any, Any, T]) -> T:
        """Its outcome. A caller's leaving does not cancel it, since that would cost a connection; its time-out does."""
        return await asyncio.shield(self._start(work))

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(
        self, name: str, command: Callable[[], Awaitable[Any]], timeout_s: float, suspects: Sequence[str]
    ) -> Any:
        try:
            async with AsyncExitStack() as turn:
                # Its turn may come late for want of time here, which is not Redis's fault, or after Redis has fallen.
                if not await self._has_turn(turn) or self._is_down:
                    return None
                async with stall_proof_timeout(timeout_s):
                    answer = await command()
        except ResponseError as error:
            self._tell_refusal(name, type(error).__name__)
            return None
        except Exception as error:  # noqa: BLE001 — whatever a store does, callers are answered.
            log.debug("cache store gave no answer", command=name, error=type(error).__name__)
            self._fall(suspects)
            return None
        self._refusals.pop(name, None)
        return answer

    async def _has_turn(self, turn: AsyncExitStack) -> bool:
        try:
            async with stall_proof_timeout(2 * _TIMEOUT_S):
                await turn.enter_async_context(self._slots)
        except TimeoutError:
            return False
        return True

    def _tell_refusal(self, name: str, reason: str) -> None:
        if self._refusals.get(name) != reason:
            self._refusals[name] = reason
            log.warning("cache store refuses a command", command=name, reason=reason)

    async def _answers_ping(self) -> bool:
        try:
            async with stall_proof_timeout(_TIMEOUT_S):
                return bool(await self._cache.raw("ping"))
        except Exception:  # noqa: BLE001 — whatever it is, it is no answer.
            return False

    def _fall(self, suspects: Sequence[str]) -> None:
        self._is_down = True
        if self._probe is None:
            self._probe = self._start(self._wait_for_ping(suspects))

    async def _wait_for_ping(self, suspects: Sequence[str]) -> None:
        is_told = False
        while self._is_down and not await self._answers_ping():
            if not is_told:
                log.warning("cache store does not answer; it is as if it were empty")
                is_told = True
            await asyncio.sleep(_SECONDS_BETWEEN_PROBES)
        await self._forget_what_is_too_long(suspects)
        if is_told:
            log.info("cache store answers again")
        self._is_down = False
        self._probe = None

    async def _forget_what_is_too_long(self, keys: Sequence[str]) -> None:
        """Else each reading of such a key would fail again."""
        with suppress(Exception):
            async with stall_proof_timeout(_TIMEOUT_S):
                for key in keys:
                    if await self._cache.raw("strlen", key) > _LONGEST_VALUE_BYTES:
                        await self._cache.raw("unlink", key)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
