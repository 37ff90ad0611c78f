"""The keys that an issuer signs with: found by OpenID discovery, kept for a while, renewed in time."""

import asyncio
import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import httpx
import msgspec

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError
from gateway.identity.issuers import Issuer, is_trustworthy_address
from gateway.identity.signing_keys import SigningKey, signing_keys
from gateway.telemetry import log

# An issuer's documents are a few KiB; both together must be there in this time.
_MAX_BODY_BYTES = 1024**2
_READ_TIMEOUT_S = 5.0

# What anybody can cause by making up key ids is one reading in this time.
_LOOK_AGAIN_S = 30.0

# Some errors show the whole body.
_MAX_REASON_CHARS = 200

# Between two tries while the issuer fails.
_TRY_AGAIN_S = 5.0

# As long as the issuer fails, its last keys are believed up to this age.
_MAX_AGE_S = 3600.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Kept:
    """What the last successful reading brought.

    Attributes:
        by_id: several where ids collide.
        reading: its number.
        since_s: when it began.
    """

    by_id: Mapping[str, tuple[SigningKey, ...]]
    reading: int
    since_s: float


class IssuerKeys:
    """An issuer's signing keys.

    The request that finds them due for renewal waits for it, so that a withdrawn key ends there. One reading runs at
    a time, whoever waits; it ends by its own time-out and not with those who wait, or leaving would be a way to
    spend the one look that unknown ids have.

    Args:
        issuer: whose keys.
        http: carries the readings; no setting of it makes them follow a redirect.
        fresh_s: seconds after which keys are renewed (`GATEWAY_JWKS_FRESH_S`).
        clock: seconds that never go back.
    """

    def __init__(
        self,
        issuer: Issuer,
        http: httpx.AsyncClient,
        *,
        fresh_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._http = http
        self._fresh_s = fresh_s
        self._clock = clock
        self._kept: _Kept | None = None
        self._reading: asyncio.Task[None] | None = None
        self._readings = 0
        self._failed_s: float | None = None
        self._looked_s = -math.inf

    async def with_id(self, key_id: str) -> tuple[SigningKey, ...]:
        """The keys of that id; at least one.

        Raises:
            UnauthenticatedError: the issuer has no such key.
            UpstreamUnavailableError: the issuer cannot be reached, and no key that may still be believed has that id.
        """
        before = self._readings
        await self._renew_if_due()
        kept = self._believed()
        if kept is not None and key_id not in kept.by_id:
            if kept.reading > before:
                self._looked_s = max(self._looked_s, kept.since_s)
            else:
                # Maybe a renewal was waited for that had begun before the key was published.
                await self._look_again()
                kept = self._believed()
        found = kept.by_id.get(key_id) if kept is not None else None
        if found is not None:
            return found
        if kept is None or self._failed_s is not None:
            # Of an unknown id nobody can tell now whether it is a new key's.
            raise UpstreamUnavailableError("The token issuer cannot be reached.")
        raise UnauthenticatedError("This token is not signed with a key of its issuer.")

    async def aclose(self) -> None:
        """End the reading that is running."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))

    def _believed(self) -> _Kept | None:
        kept = self._kept
        if kept is None or self._clock() - kept.since_s > max(_MAX_AGE_S, self._fresh_s):
            return None
        return kept

    def _failed_just_now(self) -> bool:
        return self._failed_s is not None and self._clock() - self._failed_s < _TRY_AGAIN_S

    async def _renew_if_due(self) -> None:
        kept = self._believed()
        due_s = kept.since_s + self._fresh_s if kept is not None else -math.inf
        if self._clock() < due_s:
            return
        if self._reading is None:
            if not self._failed_just_now():
                await self._wait(self._begin())
        # In an outage only the one who tries again waits; else an issuer that hangs would hold up everybody.
        elif kept is None or self._failed_s is None or self._failed_s < due_s:
            await self._wait(self._reading)

    async def _look_again(self) -> None:
        reading = self._reading
        if reading is None:
            if self._failed_just_now() or self._clock() - self._looked_s < _LOOK_AGAIN_S:
                return
            self._looked_s = self._clock()
            reading = self._begin()
        await self._wait(reading)

    def _begin(self) -> asyncio.Task[None]:
        self._readings += 1
        self._reading = asyncio.create_task(self._read(self._readings))
        return self._reading

    @staticmethod
    async def _wait(reading: asyncio.Task[None]) -> None:
        # Does not cancel what it waits for.
        await asyncio.wait((reading,), timeout=_READ_TIMEOUT_S)

    async def _read(self, number: int) -> None:
        began_s = self._clock()
        try:
            async with asyncio.timeout(_READ_TIMEOUT_S):
                by_id = await self._download()
        except Exception as error:  # noqa: BLE001 — whatever it was, the keys at hand serve on.
            self._failed_s = self._clock()
            reason = f"{type(error).__name__}: {error}"[:_MAX_REASON_CHARS]
            log.warning("the token issuer's keys could not be read", url=self.issuer.metadata_url, reason=reason)
        else:
            self._kept = _Kept(by_id, number, began_s)
            self._failed_s = None
        finally:
            self._reading = None

    async def _download(self) -> Mapping[str, tuple[SigningKey, ...]]:
        url = self.issuer.metadata_url
        metadata = msgspec.json.decode(await self._get(url), type=_Metadata)
        if not self.issuer.describes_itself_as(metadata.issuer):
            raise _UnusableError("the metadata are another issuer's")
        if not is_trustworthy_address(metadata.jwks_uri, plain=url.startswith("http:")):
            raise _UnusableError("the keys are at an address that cannot be trusted")
        return signing_keys(await self._get(metadata.jwks_uri))

    async def _get(self, url: str) -> bytes:
        # Uncompressed, so that what is counted is what there is.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        request = self._http.build_request("GET", url, headers=headers)
        response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if response.status_code != HTTPStatus.OK:
                raise _UnusableError(f"status {response.status_code}")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _UnusableError("the body is compressed")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise _UnusableError("the body is too long")
            return bytes(body)
        finally:
            await response.aclose()


class _UnusableError(Exception):
    """What the issuer answered is of no use."""


class _Metadata(msgspec.Struct):
    issuer: str
    jwks_uri: str
