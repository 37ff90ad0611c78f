"""Which token a call to Partner Center carries: the caller's, one on the caller's behalf, or the gateway's own."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from typing_extensions import override

from gateway.caller import Caller
from gateway.errors import SignInRequiredError, SignInUnavailableError
from gateway.partner_center.refresh_token_store import Held, RefreshTokenStore
from gateway.partner_center.sign_in import Grant, SignIn

# A token is renewed this long before it ends, so that none ends on its way.
_RENEWED_BEFORE_S = 300
# Sign-in's own bound; its HTTP has a shorter one.
_SIGN_IN_TIMEOUT_S = 8.0
# Where the token at hand still serves, a sign-in that hangs must not hold up everybody.
_RENEWAL_TIMEOUT_S = 1.0
_MAX_GRANTS = 10_000

# Another replica that used a refresh token up stores its successor within a moment.
_READ_AGAIN_TIMES = 5
_READ_AGAIN_AFTER_S = 0.2


class Credentials(Protocol):
    """Gives the token that a call for a caller carries."""

    async def token(self, caller: Caller) -> str:
        """A token that upstream should accept now. Raises only `GatewayError`."""
        ...

    async def token_after(self, caller: Caller, refused: str) -> str | None:
        """Another token where upstream refused one with 401; None where there can be none."""
        ...


class CallersOwn(Credentials):
    """`passthrough`: the token that the caller sent."""

    @override
    async def token(self, caller: Caller) -> str:
        return caller.token

    @override
    async def token_after(self, caller: Caller, refused: str) -> str | None:
        return None


class Grants:
    """Grants by key until shortly before they end; one sign-in for all who wait for the same.

    A sign-in that has begun goes on though nobody waits any more: it may have used up a refresh token, whose
    successor would be lost.

    Args:
        clock: seconds since the epoch.
        max_grants: more are not kept; those used longest ago go.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, max_grants: int = _MAX_GRANTS) -> None:
        self._clock = clock
        self._max_grants = max_grants
        self._kept: OrderedDict[str, Grant] = OrderedDict()
        self._running: dict[str, asyncio.Task[Grant]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def token(self, key: str, sign_in: Callable[[], Awaitable[Grant]]) -> str:
        """The kept token, or that of a new sign-in.

        A token in its last minutes is renewed; where that fails for a passing reason it serves to its end.
        """
        kept = self._kept.get(key)
        now_s = self._clock()
        if kept is not None and kept.expires_at_s - _RENEWED_BEFORE_S > now_s:
            self._kept.move_to_end(key)
            return kept.access_token
        serves = kept is not None and kept.expires_at_s > now_s
        running = self._running.get(key) or self._begin(key, sign_in)
        # Does not cancel what it waits for.
        await asyncio.wait((running,), timeout=_RENEWAL_TIMEOUT_S if serves else _SIGN_IN_TIMEOUT_S)
        has_ended = running.done() and not running.cancelled()
        error = running.exception() if has_ended else SignInUnavailableError()
        if error is None:
            return running.result().access_token
        if kept is not None and serves and isinstance(error, SignInUnavailableError):
            return kept.access_token
        raise error

    async def aclose(self) -> None:
        """Let the sign-ins that are running end."""
        if self._running:
            await asyncio.wait(tuple(self._running.values()), timeout=_SIGN_IN_TIMEOUT_S)

    def _begin(self, key: str, sign_in: Callable[[], Awaitable[Grant]]) -> asyncio.Task[Grant]:
        async def renew() -> Grant:
            grant = await sign_in()
            self._keep(key, grant)
            return grant

        def ended(task: asyncio.Task[Grant]) -> None:
            del self._running[key]
            if not task.cancelled():
                task.exception()  # Looked at, so that asyncio does not log a failure that nobody waited for.

        running = self._running[key] = asyncio.create_task(renew())
        running.add_done_callback(ended)
        return running

    def forget(self, key: str, refused: str) -> None:
        """Drop a token that upstream refused, unless it has been renewed since."""
        kept = self._kept.get(key)
        if kept is not None and kept.access_token == refused:
            del self._kept[key]

    def _keep(self, key: str, grant: Grant) -> None:
        self._kept[key] = grant
        self._kept.move_to_end(key)
        while len(self._kept) > self._max_grants:
            self._kept.popitem(last=False)


class OnBehalfOf(Credentials):
    """`obo`: tokens with the rights of the user whose token for the gateway came along.

    Args:
        sign_in: the gateway's app.
        grants: keeps the tokens.
        tenants: whose users are signed in at their own tenant, since no other takes their tokens.
    """

    def __init__(self, sign_in: SignIn, grants: Grants, *, tenants: Collection[str] = ()) -> None:
        self._sign_in = sign_in
        self._grants = grants
        self._tenants = frozenset(tenant.lower() for tenant in tenants)

    @override
    async def token(self, caller: Caller) -> str:
        tenant = caller.scope.tenant if caller.scope.tenant in self._tenants else None
        return await self._grants.token(_hash(caller.token), lambda: self._sign_in.on_behalf_of(caller.token, tenant))

    @override
    async def token_after(self, caller: Caller, refused: str) -> str | None:
        self._grants.forget(_hash(caller.token), refused)
        return await self.token(caller)


class Stored(Credentials):
    """`service`: tokens with the rights of the person who ran `gateway login`, whoever calls."""

    _KEY = "service"

    def __init__(self, sign_in: SignIn, grants: Grants, store: RefreshTokenStore) -> None:
        self._sign_in = sign_in
        self._grants = grants
        self._store = store

    @override
    async def token(self, caller: Caller) -> str:
        return await self._grants.token(self._KEY, self._renew)

    @override
    async def token_after(self, caller: Caller, refused: str) -> str | None:
        self._grants.forget(self._KEY, refused)
        return await self.token(caller)

    async def _renew(self) -> Grant:
        held = await self._store.read()
        while True:
            try:
                grant = await self._sign_in.by_refresh_token(held.refresh_token)
            except SignInRequiredError:
                held = await self._successor(held)
            else:
                break
        if grant.refresh_token is not None:
            await self._store.replace(held, grant.refresh_token)
        return grant

    async def _successor(self, refused: Held) -> Held:
        """What the file holds by now: another replica may have used this one up, or a person signed in again.

        Raises:
            SignInRequiredError: still the same.
        """
        for attempt in range(1 if self._store.was_refused(refused) else _READ_AGAIN_TIMES):
            if attempt:
                await asyncio.sleep(_READ_AGAIN_AFTER_S)
            current = await self._store.read_again()
            if current.refresh_token != refused.refresh_token and not self._store.was_refused(current):
                return current
        self._store.refuse(refused)
        raise SignInRequiredError


def _hash(assertion: str) -> str:
    return hashlib.sha256(assertion.encode()).hexdigest()
