"""The PDFs of invoices: which there are, where the gateway has them, and who reads them."""

import re
from datetime import datetime
from typing import NamedTuple, Protocol

from gateway import invoice_id
from gateway.billing import Value
from gateway.errors import BadUserInputError
from gateway.operation import Operation

CONTENT_TYPE = "application/pdf"

# In Microsoft's samples they are digits (docs: get-invoice-receipt-statement, 2023).
_RECEIPT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Document(Value, frozen=True, gc=False):
    """Where a document can be had.

    Attributes:
        url: a path of the gateway, without a host: only who asks knows by which name, and through which proxy.
        content_type: of what is had there.
        expires_at: when the address ceases to lead there; None where it does not.
    """

    url: str
    content_type: str = CONTENT_TYPE
    expires_at: datetime | None = None


class Pdf(NamedTuple):
    """A PDF: an invoice's statement, or one of its tax receipts.

    Attributes:
        invoice_id: whose, in its one spelling.
        receipt_id: which receipt; None for the statement.
    """

    invoice_id: str
    receipt_id: str | None = None

    @property
    def path(self) -> str:
        """Where the gateway has it."""
        what = "statement" if self.receipt_id is None else f"receipts/{self.receipt_id}"
        return f"/documents/invoices/{self.invoice_id}/{what}"

    @property
    def filename(self) -> str:
        """As Partner Center names it (docs: get-invoice-statement, get-invoice-receipt-statement, 2023)."""
        return f"Invoice_{self.invoice_id}.pdf" if self.receipt_id is None else f"E-Tax-{self.receipt_id}.pdf"

    @property
    def is_one(self) -> bool:
        """Whether its ids can be segments of a path, and parts of a filename."""
        is_receipt = self.receipt_id is None or _RECEIPT_ID.fullmatch(self.receipt_id) is not None
        return is_receipt and invoice_id.is_one(self.invoice_id)


def parse(invoice: str, receipt: str | None = None) -> Pdf:
    """The PDF that a caller asks for by ids.

    Raises:
        BadUserInputError: there can be none of these.
    """
    pdf = Pdf(invoice_id.parse(invoice), receipt)
    if not pdf.is_one:
        raise BadUserInputError("A tax receipt's id has 1 to 64 letters, digits, hyphens or underscores.")
    return pdf


class PdfSink(Protocol):
    """Whom a PDF is passed on to, piece by piece. Each call returns when there is room for the next."""

    async def begin(self, length_bytes: int | None) -> bool:
        """It is a PDF, and of this length where that is known. Whether it is wanted, too."""
        ...

    async def write(self, piece: bytes) -> None: ...


class PdfSource(Protocol):
    """Whoever reads PDFs."""

    async def pdf(self, operation: Operation, pdf: Pdf, sink: PdfSink) -> None:
        """Pass a PDF on. It has begun by the operation's deadline, and returns when all of it was passed on.

        Raises:
            NotFoundError: there is none.
            GatewayError: it cannot be had; after `begin`, the rest of it.
        """
        ...
