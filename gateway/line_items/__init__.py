"""Line items of invoices: what each of the five kinds says, and pages of them.

Names and kinds are those of Partner Center's documents and SDK (docs: invoice-resources, 2022;
Microsoft.Store.PartnerCenter 3.4.0, Models/Invoices).
"""

from gateway.line_items.azure import DailyUsageLineItem, UsageBasedLineItem
from gateway.line_items.interface import InvoiceLineItem
from gateway.line_items.kinds import KINDS, AnyLineItem, kind_of
from gateway.line_items.marketplace import DailyRatedUsageLineItem
from gateway.line_items.office import LicenseBasedLineItem
from gateway.line_items.one_time import OneTimeInvoiceLineItem
from gateway.line_items.pages import LineItemsPage, LineItemsPart, Place

__all__ = [
    "KINDS",
    "AnyLineItem",
    "DailyRatedUsageLineItem",
    "DailyUsageLineItem",
    "InvoiceLineItem",
    "LicenseBasedLineItem",
    "LineItemsPage",
    "LineItemsPart",
    "OneTimeInvoiceLineItem",
    "Place",
    "UsageBasedLineItem",
    "kind_of",
]
