"""The enums of the schema, each value described. Their values are the billing enums' members, so those serialise."""

import enum

import strawberry
from strawberry import enum_value as value

from gateway import billing

_UNKNOWN = "A value that this schema does not know yet; it never fails the field."


@strawberry.enum(description="What kind of document an invoice is.")
class DocumentType(enum.Enum):
    ADJUSTMENT_NOTE = value(billing.DocumentType.ADJUSTMENT_NOTE, description="Corrects an amount.")
    INVOICE = value(billing.DocumentType.INVOICE, description="An invoice.")
    NONE = value(billing.DocumentType.NONE, description="Partner Center gives none.")
    RECONCILIATION = value(billing.DocumentType.RECONCILIATION, description="A reconciliation.")
    VOID_NOTE = value(billing.DocumentType.VOID_NOTE, description="Makes an invoice void.")
    UNKNOWN = value(billing.DocumentType.UNKNOWN, description=_UNKNOWN)


@strawberry.enum(description="Who provides what a part of an invoice bills.")
class BillingProvider(enum.Enum):
    ALL = value(billing.BillingProvider.ALL, description="All providers.")
    AZURE = value(billing.BillingProvider.AZURE, description="Azure.")
    MARKETPLACE = value(billing.BillingProvider.MARKETPLACE, description="The commercial marketplace.")
    NONE = value(billing.BillingProvider.NONE, description="Partner Center gives none.")
    OFFICE = value(billing.BillingProvider.OFFICE, description="Office: licence-based offers.")
    ONE_TIME = value(billing.BillingProvider.ONE_TIME, description="One-time purchases.")
    UNKNOWN = value(billing.BillingProvider.UNKNOWN, description=_UNKNOWN)


@strawberry.enum(description="What kind of line items a part of an invoice has.")
class InvoiceLineItemType(enum.Enum):
    BILLING_LINE_ITEMS = value(billing.InvoiceLineItemType.BILLING_LINE_ITEMS, description="What is charged.")
    NONE = value(billing.InvoiceLineItemType.NONE, description="Partner Center gives none.")
    USAGE_LINE_ITEMS = value(billing.InvoiceLineItemType.USAGE_LINE_ITEMS, description="What was used.")
    UNKNOWN = value(billing.InvoiceLineItemType.UNKNOWN, description=_UNKNOWN)


@strawberry.enum(description="Missing dates and amounts come last in every order; ties are ordered by id.")
class InvoiceOrder(enum.Enum):
    INVOICE_DATE_ASC = value("INVOICE_DATE_ASC", description="Oldest first.")
    INVOICE_DATE_DESC = value("INVOICE_DATE_DESC", description="Newest first.")
    TOTAL_CHARGES_ASC = value("TOTAL_CHARGES_ASC", description="Smallest total charges first, whatever the currency.")
    TOTAL_CHARGES_DESC = value("TOTAL_CHARGES_DESC", description="Largest total charges first, whatever the currency.")
