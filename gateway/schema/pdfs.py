"""Documents as the schema shows them. Their addresses are made of ids: nothing is asked for them."""

import datetime as dt

import strawberry
from strawberry import Parent

from gateway import billing, pdf


@strawberry.type(description="A document of Partner Center's that the gateway passes on, with its caller's own rights.")
class Document:
    url: str = strawberry.field(
        description="A path of the gateway, such as /documents/invoices/G000024135/statement; without a host, since a "
        "proxy may stand in front. GET it with the same Authorization as this request: there is no token in it."
    )
    content_type: str = strawberry.field(description="Its media type: application/pdf.")
    expires_at: dt.datetime | None = strawberry.field(
        description="When the address ceases to work; null where it does not. No address of the gateway does."
    )


def statement_of(parent: Parent[billing.Invoice]) -> pdf.Document | None:
    return _document(pdf.Pdf(parent.id))


def document_of(parent: Parent[billing.TaxReceipt]) -> pdf.Document | None:
    return _document(pdf.Pdf(parent.invoice_id, parent.id))


def _document(found: pdf.Pdf) -> pdf.Document | None:
    """None where upstream's ids are none that a path may be made of."""
    return pdf.Document(found.path) if found.is_one else None
