"""Device codes: what a device polls with, what its user types, and what the user decided (RFC 8628)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.user_grants import UserGrant

if TYPE_CHECKING:
    from gateway.sandbox.authority.draw import Draw
    from gateway.sandbox.authority.registry import App, Tenant, User

# Of the interval. The network may bring two polls closer together than they were sent.
_TOLERANCE: Final = 0.9
# Added to the interval of whoever polls too soon (RFC 8628, 3.5).
_SLOWER_S: Final = 5


@dataclass(slots=True)
class DeviceCode:
    """A sign-in that a device waits for.

    Attributes:
        tenant: None where it may be any.
        decision: The user who approved; False where it was denied, None while it is pending.
    """

    device_code: str
    user_code: str
    app: App
    tenant: Tenant | None
    scope: str
    until: float
    interval_s: int
    polled_at: float | None = None
    decision: User | bool | None = None


class DeviceCodes:
    """Device codes that were issued and not redeemed."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._issued: dict[str, DeviceCode] = {}

    def issue(self, app: App, tenant: Tenant | None, scope: str, *, lifetime_s: int, interval_s: int) -> DeviceCode:
        until = time.monotonic() + lifetime_s
        issued = DeviceCode(self._draw.code(), self._draw.user_code(), app, tenant, scope, until, interval_s)
        self._issued[issued.device_code] = issued
        return issued

    def pending(self) -> list[dict[str, Any]]:
        """User codes and apps that wait for a decision, in the order they came."""
        return [
            {"user_code": issued.user_code, "client_id": issued.app.id, "scope": issued.scope}
            for issued in self._undecided()
        ]

    def decide(self, user_code: str | None, user: User | None) -> str:
        """Approves for a user, or denies without one; returns the user code.

        Args:
            user_code: In capitals or not; None is the one issued last.
            user: Who signs in.

        Raises:
            EntraError: No such code is pending, or the user is of another tenant than the device asked.
        """
        typed = None if user_code is None else user_code.strip().upper()
        found = next((code for code in reversed(self._undecided()) if typed in {None, code.user_code}), None)
        if found is None:
            raise EntraError(70018)
        if user and found.tenant not in {None, user.tenant}:
            raise EntraError(50020)
        found.decision = user or False
        return found.user_code

    def redeem(self, device_code: str, app: App) -> UserGrant:
        """What the user granted.

        Raises:
            EntraError: Nothing yet, or nothing at all, or it was asked too soon.
        """
        issued = self._issued.get(device_code)
        if issued is None or issued.app != app:
            raise EntraError(70018)
        now = time.monotonic()
        if issued.until <= now:
            raise EntraError(70019)
        too_soon = issued.polled_at is not None and now - issued.polled_at < issued.interval_s * _TOLERANCE
        issued.polled_at = now
        if too_soon:
            issued.interval_s += _SLOWER_S
            raise EntraError(70016, "Polled more often than the interval allows.", error="slow_down")
        if issued.decision is None:
            raise EntraError(70016)
        del self._issued[device_code]
        if isinstance(issued.decision, bool):
            raise EntraError(65004)
        return UserGrant(app, issued.decision, issued.decision.amr, issued.scope)

    def _undecided(self) -> list[DeviceCode]:
        now = time.monotonic()
        return [issued for issued in self._issued.values() if issued.decision is None and issued.until > now]
