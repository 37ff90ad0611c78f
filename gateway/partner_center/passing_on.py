"""A PDF on its way through: what upstream answers is looked at, and passed on as it comes."""

import httpx

from gateway.errors import UpstreamUnreadableError
from gateway.partner_center.answer import length_of, parts_of, says_where_it_ends, too_long
from gateway.pdf import PdfSink

# ISO 32000-1, 7.5.2. The answer's Content-Type does not tell: the docs' own sample says JSON
# (get-invoice-statement, 2023).
_MAGIC = b"%PDF-"


async def pass_on(response: httpx.Response, max_bytes: int, sink: PdfSink) -> None:
    """Pass the PDF in an answer on. The next piece is read when the sink has taken the one before.

    Args:
        response: a 200, opened for streaming.
        max_bytes: its longest length, counted after decompression.
        sink: whom it is passed on to; it is told of nothing that does not begin as a PDF does.

    Raises:
        UpstreamUnreadableError: it is no PDF, too long, or breaks off after it has begun.
        httpx.TransportError: it breaks off before, or upstream is silent for too long.
    """
    length_bytes = length_of(response)
    if length_bytes is not None and length_bytes > max_bytes:
        raise too_long()
    if not says_where_it_ends(response):
        raise UpstreamUnreadableError("Partner Center's answer does not say where it ends.")
    passing = _Passing(sink, length_bytes, max_bytes)
    try:
        async for part in parts_of(response, max_bytes):
            if not await passing.take(part):
                return
    except httpx.TimeoutException:
        raise
    except httpx.TransportError:
        if passing.has_begun:
            # No second try can take back what has gone out.
            raise UpstreamUnreadableError("Partner Center's answer breaks off.") from None
        raise
    if not passing.has_begun:
        raise _no_pdf()


class _Passing:
    """What has come so far. Its first bytes are held back until they are known for a PDF's."""

    def __init__(self, sink: PdfSink, length_bytes: int | None, max_bytes: int) -> None:
        self._sink = sink
        self._length_bytes = length_bytes
        self._left_bytes = max_bytes
        self._head = b""

    @property
    def has_begun(self) -> bool:
        return len(self._head) >= len(_MAGIC)

    async def take(self, part: bytes) -> bool:
        """Whether more is wanted."""
        self._left_bytes -= len(part)
        if self._left_bytes < 0:
            raise too_long()
        if self.has_begun:
            await self._sink.write(part)
            return True
        self._head += part
        if not self.has_begun:
            return True
        if not self._head.startswith(_MAGIC):
            raise _no_pdf()
        if not await self._sink.begin(self._length_bytes):
            return False
        await self._sink.write(self._head)
        return True


def _no_pdf() -> UpstreamUnreadableError:
    return UpstreamUnreadableError("Partner Center's answer is no PDF.")
