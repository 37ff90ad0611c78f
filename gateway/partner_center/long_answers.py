"""Long answers are decoded in a thread."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")

# Above this length an answer is decoded in a thread: it would hold up the event loop for milliseconds.
MAX_BYTES_DECODED_IN_LOOP = 64 * 1024


async def decoded(decoder: Callable[..., T], body: bytes, *about: datetime) -> T:
    if len(body) <= MAX_BYTES_DECODED_IN_LOOP:
        return decoder(body, *about)
    return await asyncio.to_thread(decoder, body, *about)
