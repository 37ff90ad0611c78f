"""The plain types: views of billing values, whose attributes are their fields."""

import datetime as dt
import decimal
from collections.abc import Coroutine
from typing import Annotated, Any, TypeAlias, TypeVar

import strawberry
from strawberry import UNSET, Parent

from gateway import billing
from gateway.schema import line_items, pdfs
from gateway.schema.context import Info, value_of
from gateway.schema.enums import BillingProvider, DocumentType, InvoiceLineItemType
from gateway.schema.filters import given
from gateway.schema.line_item_pages import LineItems, page_of, part_of
from gateway.schema.resources import ATTRIBUTES, LINKS, ResourceAttributes, ResourceLinks

T = TypeVar("T")


MaybeLoaded: TypeAlias = T | Coroutine[Any, Any, T | None] | None


def _line_items(
    parent: Parent[billing.InvoiceDetail],
    info: Info,
    first: Annotated[int | None, strawberry.argument(description="From the start: 1 to 100; 25 without it.")] = UNSET,
    after: Annotated[str | None, strawberry.argument(description="Only what stands after this cursor.")] = UNSET,
) -> MaybeLoaded[LineItems]:
    part = part_of(parent)
    return None if part is None else page_of(part, info, given(first), given(after))


@strawberry.type(description="A part of an invoice: what kind of line items it has, and from whom.")
class InvoiceDetail:
    billing_provider: BillingProvider | None = strawberry.field(description="Who provides what is billed.")
    invoice_line_item_type: InvoiceLineItemType | None = strawberry.field(
        description="What kind of line items there are."
    )
    links: ResourceLinks | None = strawberry.field(description=LINKS)
    attributes: ResourceAttributes | None = strawberry.field(description=ATTRIBUTES)

    line_items = strawberry.field(
        resolver=_line_items,
        graphql_type=line_items.InvoiceLineItemConnection | None,
        description="Its line items, in Partner Center's order; null where it does not say which it has. first is 1 to "
        "100; 25 without it. NOT_AVAILABLE for what Partner Center has for older invoices only.",
    )


@strawberry.type(description="A tax receipt of an invoice; Partner Center gives them in Taiwan only.")
class TaxReceipt:
    id: strawberry.ID = strawberry.field(description="The receipt's id.")
    created_date: dt.datetime | None = strawberry.field(description="When it was made.")
    receipt_type: str | None = strawberry.field(description="Its type as Partner Center spells it.")
    tax_receipt_pdf_download_link: str | None = strawberry.field(description="Where Partner Center has its PDF.")

    document = strawberry.field(
        resolver=pdfs.document_of, graphql_type=pdfs.Document | None, description="Its PDF, through the gateway."
    )


# These answer at once where there is nothing to load: a coroutine for each of thousands of fields takes milliseconds.


async def _whole(invoice: billing.Invoice, info: Info) -> billing.Invoice:
    """The invoice as upstream answers by id, for what it leaves out elsewhere; as it is where there is no more."""
    return value_of(await info.context.loaders.whole_invoice_by_id.load(invoice.id), info) or invoice


async def _whole_start(invoice: billing.Invoice, info: Info) -> dt.datetime | None:
    return (await _whole(invoice, info)).billing_period_start_date


async def _whole_end(invoice: billing.Invoice, info: Info) -> dt.datetime | None:
    return (await _whole(invoice, info)).billing_period_end_date


def _billing_period_start_date(parent: Parent[billing.Invoice], info: Info) -> MaybeLoaded[dt.datetime]:
    if parent.billing_period_start_date or parent.is_whole:
        return parent.billing_period_start_date
    return _whole_start(parent, info)


def _billing_period_end_date(parent: Parent[billing.Invoice], info: Info) -> MaybeLoaded[dt.datetime]:
    if parent.billing_period_end_date or parent.is_whole:
        return parent.billing_period_end_date
    return _whole_end(parent, info)


async def _loaded_pdf_link(invoice: billing.Invoice, info: Info) -> str | None:
    return value_of(await info.context.loaders.pdf_link_by_id.load(invoice.id), info)


def _pdf_download_link(parent: Parent[billing.Invoice], info: Info) -> MaybeLoaded[str]:
    until_s = info.context.loaders.pdf_link_until_s(parent)
    if until_s is not None:
        # The only part of an answer that ends before the answer itself.
        info.context.lasts_until(until_s)
        return parent.pdf_download_link
    if parent.is_whole and parent.pdf_download_link is None:
        return None
    return _loaded_pdf_link(parent, info)


async def _loaded_invoice(invoice_id: str, info: Info) -> billing.Invoice | None:
    return value_of(await info.context.loaders.invoice_by_id.load(invoice_id), info)


def _amended_invoice(parent: Parent[billing.Invoice], info: Info) -> MaybeLoaded[billing.Invoice]:
    return None if parent.amends_of is None else _loaded_invoice(parent.amends_of, info)


def _invoice_detail(
    parent: Parent[billing.Invoice],
    billing_provider: Annotated[BillingProvider, strawberry.argument(description="Who provides what is billed.")],
    invoice_line_item_type: Annotated[InvoiceLineItemType, strawberry.argument(description="The kind of line items.")],
) -> billing.InvoiceDetail | None:
    asked = (billing_provider.name, invoice_line_item_type.name)
    return next((part for part in parent.invoice_details if _names(part) == asked), None)


def _names(part: billing.InvoiceDetail) -> tuple[str, str] | None:
    provider, line_item_type = part.billing_provider, part.invoice_line_item_type
    return None if provider is None or line_item_type is None else (provider.name, line_item_type.name)


@strawberry.type(description="An invoice, or a document that amends one.")
class Invoice:
    id: strawberry.ID = strawberry.field(description="The document's id, without the prefix that links give it.")
    invoice_date: dt.datetime | None = strawberry.field(description="When it was issued.")
    total_charges: decimal.Decimal | None = strawberry.field(description="What it charges in all.")
    paid_amount: decimal.Decimal | None = strawberry.field(
        description="Negative where a payment was received, says Microsoft; passed on as sent."
    )
    currency_code: str | None = strawberry.field(description="The ISO 4217 code of every amount of it.")
    currency_symbol: str | None = strawberry.field(description="The currency's symbol; for some its code.")
    document_type: DocumentType | None = strawberry.field(description="What kind of document it is.")
    invoice_type: str | None = strawberry.field(description="As Partner Center spells it: Recurring, OneTime.")
    state: str | None = strawberry.field(description="As Partner Center spells it, such as active or void.")
    program_name: str | None = strawberry.field(description="The partner programme it belongs to.")
    amends_of: str | None = strawberry.field(description="The id of the document that this one amends.")
    amendments: list["Invoice"] = strawberry.field(description="The documents that amend this one.")
    invoice_details: list[InvoiceDetail] = strawberry.field(
        description="Its parts, by provider and kind of line items."
    )
    tax_receipts: list[TaxReceipt] = strawberry.field(description="Its tax receipts.")
    links: ResourceLinks | None = strawberry.field(description=LINKS)
    attributes: ResourceAttributes | None = strawberry.field(description=ATTRIBUTES)

    invoice_detail = strawberry.field(
        resolver=_invoice_detail,
        graphql_type=InvoiceDetail | None,
        description="One of its parts, such as to page through its line items; null where it has none such.",
    )
    billing_period_start_date = strawberry.field(
        resolver=_billing_period_start_date,
        graphql_type=dt.datetime | None,
        description="The first day billed. Partner Center gives it by id only.",
    )
    billing_period_end_date = strawberry.field(
        resolver=_billing_period_end_date,
        graphql_type=dt.datetime | None,
        description="The last day billed. Partner Center gives it by id only.",
    )
    pdf_download_link = strawberry.field(
        resolver=_pdf_download_link,
        graphql_type=str | None,
        description="Where Partner Center has the PDF; works for 30 minutes. Partner Center gives it by id only.",
    )
    statement = strawberry.field(
        resolver=pdfs.statement_of,
        graphql_type=pdfs.Document | None,
        description="Its PDF, through the gateway. Whether Partner Center has one is known when it is asked for.",
    )
    amended_invoice = strawberry.field(
        resolver=_amended_invoice,
        graphql_type=Annotated["Invoice", strawberry.lazy("gateway.schema.types")] | None,
        description="The document that this one amends.",
    )
