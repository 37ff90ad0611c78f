"""Which token a call to Partner Center carries: the caller's, one on the caller's behalf, or the gateway's own."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol

from typing_extensions import override

from gateway.caller import Caller
from gateway.errors import SignInRequiredError, SignInUnavailableError
from gateway.operation import Deadline
from gateway.partner_center.refresh_token_store import RefreshTokenStore
from gateway.partner_center.sign_in import Grant, SignIn
from gateway.shared_calls import SharedCalls

# A token is renewed this long before it ends, so that none ends on its way.
_RENEWED_BEFORE_S = 300
# Sign-in's own bound; its HTTP has a shorter one.
_SIGN_IN_TIMEOUT_S = 8.0
_MAX_GRANTS = 10_000


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

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, Grant] = OrderedDict()
        self._calls = SharedCalls()

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

        async def renew() -> Grant:
            grant = await sign_in()
            self._keep(key, grant)
            return grant

        try:
            grant = await self._calls.join(key, renew, Deadline.after(_SIGN_IN_TIMEOUT_S), outlives_deadline=True)
        except (TimeoutError, SignInUnavailableError) as error:
            if kept is not None and kept.expires_at_s > now_s:
                return kept.access_token
            if isinstance(error, TimeoutError):
                raise SignInUnavailableError from None
            raise
        return grant.access_token

    def forget(self, key: str, refused: str) -> None:
        """Drop a token that upstream refused, unless it has been renewed since."""
        kept = self._kept.get(key)
        if kept is not None and kept.access_token == refused:
            del self._kept[key]

    def _keep(self, key: str, grant: Grant) -> None:
        self._kept[key] = grant
        self._kept.move_to_end(key)
        while len(self._kept) > _MAX_GRANTS:
            self._kept.popitem(last=False)


class OnBehalfOf(Credentials):
    """`obo`: tokens with the rights of the user whose token for the gateway came along."""

    def __init__(self, sign_in: SignIn, grants: Grants) -> None:
        self._sign_in = sign_in
        self._grants = grants

    @override
    async def token(self, caller: Caller) -> str:
        return await self._grants.token(_hash(caller.token), lambda: self._sign_in.on_behalf_of(caller.token))

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
        try:
            grant = await self._sign_in.by_refresh_token(held.refresh_token)
        except SignInRequiredError:
            # Another replica may have used this one up and stored its successor, or a person signed in again.
            current = await self._store.read_again()
            if current.refresh_token == held.refresh_token:
                self._store.is_refused = True
                raise
            held, grant = current, await self._sign_in.by_refresh_token(current.refresh_token)
        self._store.is_refused = False
        if grant.refresh_token is not None:
            await self._store.replace(held, grant.refresh_token)
        return grant


def _hash(assertion: str) -> str:
    return hashlib.sha256(assertion.encode()).hexdigest()
