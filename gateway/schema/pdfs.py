"""Documents as the schema shows them. Their addresses are made of ids: nothing is asked for them."""

import datetime as dt

import strawberry
from strawberry import Parent

from gateway import billing, pdf


@strawberry.type(
    description="A document that the gateway hands on, to whoever sends the same Authorization there as here."
)
class Document:
    url: str = strawberry.field(
        description="A path on the gateway's own host, without the host, since a proxy may stand in front: "
        "/documents/invoices/G000024135/statement. GET it with the Authorization of this request; no token is in it."
    )
    content_type: str = strawberry.field(description="Its media type: application/pdf.")
    expires_at: dt.datetime | None = strawberry.field(
        description="When the address ceases to work; null, since the gateway makes it, and it does not."
    )


def statement_of(parent: Parent[billing.Invoice]) -> pdf.Document | None:
    return _document(pdf.Pdf(parent.id))


def document_of(parent: Parent[billing.TaxReceipt]) -> pdf.Document | None:
    return _document(pdf.Pdf(parent.invoice_id, parent.id))


def _document(found: pdf.Pdf) -> pdf.Document | None:
    """None where upstream's ids are none that a path may be made of."""
    return pdf.Document(found.path) if found.is_one else None
