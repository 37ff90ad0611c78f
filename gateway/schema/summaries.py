"""The summaries: what the partner owes, and the invoices behind each figure."""

import datetime as dt
import decimal

import strawberry

from gateway import billing
from gateway.schema.connection import invoices_field
from gateway.schema.filters import Within
from gateway.schema.resources import ATTRIBUTES, LINKS, ResourceAttributes, ResourceLinks


def _summary(summary: billing.InvoiceSummary) -> Within:
    return Within(summary.currency_code, summary.invoice_type)


def _detail(detail: billing.InvoiceSummaryDetail) -> Within:
    return Within(detail.summary.currency_code, detail.invoice_type)


@strawberry.type(description="The same figures as a summary's, for one invoice type.")
class InvoiceSummaryDetail:
    invoice_type: str = strawberry.field(description="As Partner Center spells it: Recurring, OneTime.")
    summary: "InvoiceSummary" = strawberry.field(description="The figures.")
    invoices = invoices_field("The invoices of this currency and type.", _detail)


@strawberry.type(description="What the partner owes in one currency.")
class InvoiceSummary:
    balance_amount: decimal.Decimal | None = strawberry.field(description="What is owed.")
    currency_code: str = strawberry.field(description="The ISO 4217 code of every amount of it.")
    currency_symbol: str | None = strawberry.field(description="The currency's symbol; for some its code.")
    accounting_date: dt.datetime | None = strawberry.field(description="When the balance was last computed.")
    first_invoice_creation_date: dt.datetime | None = strawberry.field(description="Date of the first invoice.")
    last_payment_date: dt.datetime | None = strawberry.field(description="When a payment last came in.")
    last_payment_amount: decimal.Decimal | None = strawberry.field(description="What was last paid.")
    latest_invoice_date: dt.datetime | None = strawberry.field(description="Date of the latest invoice.")
    details: list[InvoiceSummaryDetail] = strawberry.field(
        description="The same figures for each invoice type. Empty on a summary that is itself such a part."
    )
    invoices = invoices_field("The invoices of this currency; inside details, of this currency and type.", _summary)
    links: ResourceLinks | None = strawberry.field(description=LINKS)
    attributes: ResourceAttributes | None = strawberry.field(description=ATTRIBUTES)


@strawberry.type(description="What the partner owes, one summary per currency.")
class InvoiceSummaries:
    total_count: int = strawberry.field(description="How many summaries there are.")
    items: list[InvoiceSummary] = strawberry.field(description="The summaries.")
    links: ResourceLinks | None = strawberry.field(description=LINKS)
    attributes: ResourceAttributes | None = strawberry.field(description=ATTRIBUTES)
