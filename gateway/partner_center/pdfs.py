"""PDFs, which are not read whole as other answers are: each is passed on while it comes, in its call's turn."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httpx
import msgspec
from typing_extensions import override

from gateway.errors import NotFoundError, UpstreamError, UpstreamTimeoutError
from gateway.operation import Deadline
from gateway.partner_center.passing_on import pass_on
from gateway.partner_center.tries import Call
from gateway.partner_center.turns import Turns
from gateway.pdf import Pdf, PdfSink

MAX_PDF_BYTES = 16 * 1024**2

# The docs ask for JSON (get-invoice-statement, 2023), Microsoft's SDKs for the PDF (InvoiceStatementOperations); the
# same answers both, and a failure's body is JSON.
ACCEPT_PDF = b"application/pdf, application/json"

# Of four turns, one: a call for a PDF takes as long as its reader takes to read, and queries do not wait for that.
_ONE_OF = 4


class Pdfs:
    """Passes PDFs on, fewer at once than there are turns.

    Args:
        concurrency: calls at once, of all kinds.
        max_bytes: longest PDF.

    Attributes:
        max_bytes: the same.
    """

    def __init__(self, *, concurrency: int, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        turns = max(1, concurrency // _ONE_OF)
        # One tenant's slow readers hold theirs for as long as a call may last: others do not wait for that.
        self._turns = Turns(turns, kept=min(1, turns - 1))

    async def pass_on(
        self, pdf: Pdf, sink: PdfSink, call: Call, deadline: Deadline, get: Callable[[str, Call], Awaitable[bytes]]
    ) -> None:
        """Pass one on.

        Args:
            pdf: which one.
            sink: whom to.
            call: what its call is.
            deadline: until when it must have begun; its end has the call's own time-out.
            get: makes the call for a path.
        """
        try:
            async with (
                self._turns.turn(call.lane, call.kind, call.deadline_s),
                asyncio.timeout(deadline.remaining_s) as to_begin,
            ):
                awaited = _Awaited(sink, to_begin)

                async def read(response: httpx.Response, max_bytes: int) -> bytes:
                    await pass_on(response, max_bytes, awaited)
                    return b""

                await get(_upstream_path(pdf), msgspec.structs.replace(call, read=read))
        except TimeoutError:
            raise UpstreamTimeoutError("Partner Center did not answer in time.") from None
        except UpstreamError as error:
            if error.upstream_status == HTTPStatus.NOT_FOUND:
                raise NotFoundError from None
            raise


class _Awaited(PdfSink):
    """A sink whose PDF has to begin in time, and may take longer to its end.

    Args:
        sink: whom it is passed on to.
        to_begin: ends what does not begin.
    """

    def __init__(self, sink: PdfSink, to_begin: asyncio.Timeout) -> None:
        self._sink = sink
        self._to_begin = to_begin

    @override
    async def begin(self, length_bytes: int | None) -> bool:
        if not self._to_begin.expired():
            self._to_begin.reschedule(None)
        return await self._sink.begin(length_bytes)

    @override
    async def write(self, piece: bytes) -> None:
        await self._sink.write(piece)


def _upstream_path(pdf: Pdf) -> str:
    of_receipt = "" if pdf.receipt_id is None else f"/receipts/{pdf.receipt_id}"
    return f"/v1/invoices/{pdf.invoice_id}{of_receipt}/documents/statement"
