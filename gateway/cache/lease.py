"""One call per missing key, across replicas: who makes it holds a lease, and the others wait for its end.

A lease saves calls; nothing is wrong without one. So whoever cannot tell whether there is a holder makes the call.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

# What a holder that died may cost those who wait.
_LEASE_S = 1.0
_SECONDS_BETWEEN_RENEWALS = 0.3
_SECONDS_BETWEEN_LOOKS = 0.05


class LeaseStore(Protocol):
    """What a store that processes share has to offer. It never raises, and it answers soon."""

    async def get_many(self, keys: Sequence[str], *, is_long: bool = False) -> list[bytes | None]: ...

    async def take_lease(self, key: str, token: str, ttl_s: float) -> bool | None: ...

    async def give_back_lease(self, key: str, token: str) -> None: ...


class Held:
    """The right to make a call, or a store's failure to tell who has it. It is renewed until it is released.

    Args:
        store: where the lease is; None where the store failed, and there is nothing to renew.
        key: the lease's.
        token: the holder's.
    """

    def __init__(self, store: LeaseStore | None, key: str, token: str) -> None:
        self._key = key
        self._token = token
        self._store = store
        self._ended = asyncio.Event()
        self._renewals = asyncio.create_task(self._renew(store)) if store is not None else None

    async def release(self) -> None:
        """Let those who wait look again. To be awaited exactly when the call has ended, however it did.

        Where it is not awaited to its end, the lease ends by itself within a second.
        """
        self._ended.set()
        if self._store is None or self._renewals is None:
            return
        # A renewal under way may come after the giving back, by another connection, and would outlive its holder.
        await self._renewals
        await self._store.give_back_lease(self._key, self._token)

    async def _renew(self, store: LeaseStore) -> None:
        """Until released or lost. A store that forgot all is told again; while it fails, it is asked again."""
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _SECONDS_BETWEEN_RENEWALS)
                return
            if await store.take_lease(self._key, self._token, _LEASE_S) is False:
                return


class Leases:
    """The leases of one store, by the key that a call is made for."""

    def __init__(self, store: LeaseStore) -> None:
        self._store = store

    async def hold_or_wait(self, key: str) -> Held | None:
        """The right to make the call for a key; or None, when another's call may have ended: look again.

        Waits for a second at most, so whoever looks in vain asks again, bounded by a deadline, and may leave at any
        time. A holder that died, stands still, or left while its lease was on the way has lost it by then.
        """
        lease_key = f"{key}:lease"
        # Drawn for each hold, so that a process does not take an older hold of its own for this one.
        token = secrets.token_hex(16)
        is_mine = await self._store.take_lease(lease_key, token, _LEASE_S)
        if is_mine is None:
            return Held(None, lease_key, token)
        if is_mine:
            return Held(self._store, lease_key, token)
        await self._wait_for_end(lease_key)
        return None

    async def _wait_for_end(self, lease_key: str) -> None:
        """Until the lease is gone or another's, or the store fails, which looks as if it were gone.

        For no longer than a lease lasts: what stands there after that may be garbage, which only taking it tells.
        """
        ends_at_s = time.monotonic() + _LEASE_S
        # Never at once: who may take leases and not read them would go round and round.
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        holder = seen = await self._holder(lease_key)
        while seen is not None and seen == holder and time.monotonic() < ends_at_s:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            seen = await self._holder(lease_key)

    async def _holder(self, lease_key: str) -> bytes | None:
        (token,) = await self._store.get_many([lease_key])
        return token
