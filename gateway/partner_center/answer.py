"""Reading one answer: never more of it than its kind may have, and what a failure means."""

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn

import httpx

from gateway.errors import (
    ForbiddenError,
    GatewayError,
    MfaRequiredError,
    UnauthenticatedError,
    UpstreamError,
    UpstreamUnreadableError,
    WrongAudienceError,
)
from gateway.partner_center import decode

_MAX_FAULT_BYTES = 16 * 1024
# A failure's body tells its code at best; it must not hold up what the status says already.
_FAULT_TIMEOUT_S = 1.0
# Decompressed at a time, between which others have their turns.
_PIECE_BYTES = 256 * 1024
_LONGEST_WAIT_S = 24 * 60 * 60


async def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """The decompressed body.

    Args:
        response: opened for streaming.
        max_bytes: its longest length, counted after decompression.

    Raises:
        UpstreamUnreadableError: it is longer, or compressed in a way that was not asked for.
    """
    gathered: list[bytes] = []
    left = max_bytes
    async for part in parts_of(response, max_bytes):
        left -= len(part)
        if left < 0:
            raise too_long()
        gathered.append(part)
    return gathered[0] if len(gathered) == 1 else b"".join(gathered)


def parts_of(response: httpx.Response, max_bytes: int) -> AsyncIterable[bytes]:
    """The decompressed body as it comes. Whoever takes it counts: all that is sure is that its parts are short.

    Args:
        response: opened for streaming.
        max_bytes: after which no more is decompressed than shows that there is more.

    Raises:
        UpstreamUnreadableError: it is compressed in a way that was not asked for.
    """
    encoding = _header(response, b"content-encoding")
    if encoding is None or encoding.lower() == "identity":
        return stream_of(response)
    if encoding.lower() == "gzip":
        return _decompressed(response, max_bytes)
    raise UpstreamUnreadableError("Partner Center's answer has an encoding that was not asked for.")


def length_of(response: httpx.Response) -> int | None:
    """The length of the body that `parts_of` gives, where that is known before it comes."""
    length = _header(response, b"content-length") or ""
    if _header(response, b"content-encoding") is not None or not (length.isascii() and length.isdigit()):
        return None
    return int(length)


def says_where_it_ends(response: httpx.Response) -> bool:
    """Whether a body that broke off would be known from a whole one: elsewhere it ends with its connection."""
    is_chunked = "chunked" in (_header(response, b"transfer-encoding") or "").lower()
    return is_chunked or _header(response, b"content-length") is not None


def too_long() -> UpstreamUnreadableError:
    return UpstreamUnreadableError("Partner Center's answer is longer than the gateway reads.")


def stream_of(response: httpx.Response) -> httpx.AsyncByteStream:
    """What the transport gave: `Response.aiter_raw` and `aclose` add counts and checks for uses that are not ours."""
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("an answer of a transport that is not asynchronous")
    return response.stream


async def _decompressed(response: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
    """Pieces that are together at most one byte longer than may be."""
    decompressor = zlib.decompressobj(wbits=31)
    left = max_bytes
    async for chunk in stream_of(response):
        pending, is_more = chunk, True
        while is_more:
            # One byte more than is left tells a body that is too long from one that just fits.
            most = min(left + 1, _PIECE_BYTES)
            try:
                part = decompressor.decompress(pending, most)
            except zlib.error:
                raise UpstreamUnreadableError("Partner Center's answer is damaged.") from None
            if decompressor.unused_data:
                # It would be gathered there, however much comes.
                raise UpstreamUnreadableError("Partner Center's answer goes on behind its end.")
            pending = decompressor.unconsumed_tail
            # zlib may have taken in all, and hold back what did not fit into the piece.
            is_more = bool(pending) or len(part) == most
            if is_more:
                await asyncio.sleep(0)  # A few KiB may become megabytes.
            left -= len(part)
            yield part
    if not decompressor.eof:
        raise UpstreamUnreadableError("Partner Center's answer ends too early.")


# Tokens for graph.windows.net, since August 2025; App+User tokens without an MFA claim, since 2026. A new token got
# the same way is refused the same way.
# Docs: deprecate-azure-active-directory-graph-token; partner-center-authentication.
_RETIRED_AUDIENCE = "900420"
_NO_MFA = "900421"


async def raise_failure(response: httpx.Response) -> NoReturn:
    """Raise what a status other than 200 and 429 means for the caller; nothing of upstream's text goes out."""
    status = response.status_code
    try:
        async with asyncio.timeout(_FAULT_TIMEOUT_S):
            code = decode.fault_code(await read_body(response, _MAX_FAULT_BYTES))
    except (GatewayError, httpx.TransportError, TimeoutError):
        # The status alone says enough, even where its body breaks off or never comes.
        code = None
    if status == HTTPStatus.UNAUTHORIZED:
        if code == _RETIRED_AUDIENCE:
            raise WrongAudienceError
        if code == _NO_MFA:
            raise MfaRequiredError
        raise UnauthenticatedError("Partner Center does not accept this token.")
    if status == HTTPStatus.FORBIDDEN:
        raise ForbiddenError("Partner Center does not allow the caller this.", code)
    if status < HTTPStatus.BAD_REQUEST:
        raise UpstreamError("Partner Center answered with a redirect or without content.", status)
    raise UpstreamError("Partner Center answered with an error.", status, code)


def retry_after_s(response: httpx.Response) -> int | None:
    """Whole seconds that `Retry-After` asks to wait, as a number or a date (RFC 9110, 10.2.3); at most a day."""
    text = _header(response, b"retry-after") or ""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
        wait_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0, min(int(wait_s.total_seconds()) + 1, _LONGEST_WAIT_S))


def _header(response: httpx.Response, name: bytes) -> str | None:
    """A header's value, or values; `Headers.get` takes ten times as long.

    Args:
        response: whose.
        name: in small letters.
    """
    length = len(name)
    values = [value for given, value in response.headers.raw if len(given) == length and given.lower() == name]
    return b", ".join(values).decode("latin-1").strip() if values else None
