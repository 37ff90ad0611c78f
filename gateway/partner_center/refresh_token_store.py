"""Where the gateway's own refresh token is kept: one encrypted file, replaced in one step.

A refresh token lives 90 days, and each use gives a new one that lives 90 more (docs: gdap-and-secure-application-model,
2023). Whoever has it can read the partner's billing, so it is never on a disk in clear.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from typing_extensions import override

from gateway.errors import SignInRequiredError
from gateway.telemetry import log

LIFETIME_S = 90 * 24 * 60 * 60
_OWNER_ONLY = 0o600
# Writing takes milliseconds.
_LEFT_BEHIND_AFTER_S = 60


class Held(msgspec.Struct, frozen=True):
    """A refresh token and whose it is.

    Attributes:
        refresh_token: the secret.
        user: who signed in, as a person names the account.
        tenant: its id.
        expires_at_s: when it ends unless it is used, in seconds since the epoch.
    """

    refresh_token: str
    user: str
    tenant: str
    expires_at_s: float

    @override
    def __repr__(self) -> str:
        return f"Held(user={self.user!r}, tenant={self.tenant!r}, expires_at_s={self.expires_at_s!r})"


_decoder = msgspec.json.Decoder(Held)


class RefreshTokenStore:
    """The file, and what is newer than it where it cannot be written.

    Args:
        path: of the file.
        keys: Fernet keys, comma-separated; the first encrypts, all decrypt, so that keys can be changed.
        clock: seconds since the epoch.

    Attributes:
        is_writable: whether the newest refresh token is in the file.

    Raises:
        ValueError: a key is not one.
    """

    def __init__(self, path: Path, keys: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        self._clock = clock
        self._newest: Held | None = None
        self.is_writable = True
        self._refused: str | None = None

    async def state(self) -> Literal["ok", "degraded", "SIGN_IN_REQUIRED"]:
        """Whether one can sign in with what is kept; degraded where the file does not have the newest."""
        try:
            held = await self.read()
            if self.was_refused(held):
                # A person may have signed in since; without readiness, no caller would make the gateway look.
                held = await self.read_again()
        except SignInRequiredError:
            return "SIGN_IN_REQUIRED"
        if self.was_refused(held) or held.expires_at_s <= self._clock():
            return "SIGN_IN_REQUIRED"
        return "ok" if self.is_writable else "degraded"

    def refuse(self, held: Held) -> None:
        """Remember that the sign-in service takes this one for ended."""
        self._refused = held.refresh_token

    def was_refused(self, held: Held) -> bool:
        return held.refresh_token == self._refused

    async def read(self) -> Held:
        """The newest refresh token.

        Raises:
            SignInRequiredError: there is none, or none that can be decrypted.
        """
        return self._newest or await self.read_again()

    async def read_again(self) -> Held:
        """What the file holds now; what this process holds where there is no such file.

        Raises:
            SignInRequiredError: as with `read`.
        """
        try:
            self._newest = await asyncio.to_thread(self.load)
        except SignInRequiredError:
            if self._newest is None:
                raise
        return self._newest

    async def replace(self, held: Held, refresh_token: str) -> None:
        """Keep the successor of a refresh token: in the file, or in memory alone where it cannot be written."""
        self._newest = Held(refresh_token, held.user, held.tenant, self._clock() + LIFETIME_S)
        try:
            await asyncio.to_thread(self.save, self._newest)
        except OSError as error:
            if self.is_writable:
                log.warning("the refresh token cannot be stored; it is kept in memory", error=type(error).__name__)
            self.is_writable = False
        else:
            self.is_writable = True

    def load(self) -> Held:
        """What the file holds.

        Raises:
            SignInRequiredError: nothing that can be decrypted.
        """
        try:
            return _decoder.decode(self._fernet.decrypt(self._path.read_bytes()))
        except (OSError, InvalidToken, msgspec.MsgspecError):
            raise SignInRequiredError from None

    def save(self, held: Held) -> None:
        """Replace the file in one step: a reader, or a process that is killed meanwhile, leaves or meets a whole one.

        Raises:
            OSError: it cannot be written.
        """
        encrypted = self._fernet.encrypt(msgspec.json.encode(held))
        folder = self._path.parent
        self._sweep(folder)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), _OWNER_ONLY)
                file.write(encrypted)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._sync(folder)

    def _sweep(self, folder: Path) -> None:
        """Remove what processes that were killed while they saved have left; not what one is writing now."""
        for leftover in folder.glob(f".{self._path.name}.*"):
            with contextlib.suppress(OSError):
                if time.time() - leftover.stat().st_mtime > _LEFT_BEHIND_AFTER_S:
                    leftover.unlink()

    @staticmethod
    def _sync(folder: Path) -> None:
        """Make the file's new name as lasting as its content."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
