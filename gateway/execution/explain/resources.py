"""What upstream has, as callers are told of it: one row for each resource, one for each field that may need a call."""

import re
from typing import Any, NamedTuple

from gateway.cache import Entity
from gateway.partner_center.client import MAX_PAGES
from gateway.readings import INVOICE, INVOICES, LINE_ITEMS, SUMMARIES
from gateway.schema.line_item_pages import MOST_PAGES


class Resource(NamedTuple):
    """A resource of Partner Center's API.

    Attributes:
        entity: what its answers are kept as.
        path: of its calls, with `{id}` in the place of an id.
        most_calls: that one answer may take, all pages included.
    """

    entity: Entity[Any]
    path: str
    most_calls: int = 1

    def of(self, path: str) -> str | None:
        """What stands for `{id}` in a path, empty where there is no id; None where the path is another resource's."""
        found = re.fullmatch(re.escape(self.path).replace(r"\{id\}", "([^/]+)"), path)
        return None if found is None else "".join(found.groups())


# A path is the first resource's that it fits.
RESOURCES = (
    Resource(SUMMARIES, "/v1/invoices/summaries"),
    Resource(INVOICE, "/v1/invoices/{id}"),
    Resource(INVOICES, "/v1/invoices", MAX_PAGES),
    Resource(LINE_ITEMS, "/v1/invoices/{id}/lineitems"),
)

BY_NAME = {resource.entity.name: resource for resource in RESOURCES}

# Fields for whose object a resource has to be read, once however many of them are asked for.
PARTS = {
    ("Invoice", "billingPeriodStartDate"): INVOICE.name,
    ("Invoice", "billingPeriodEndDate"): INVOICE.name,
    ("Invoice", "pdfDownloadLink"): INVOICE.name,
}

# Fields whose value is read from a resource, parts and all: from at most so many answers.
VALUES = {
    ("Invoice", "amendedInvoice"): (INVOICE.name, 1),
    ("InvoiceDetail", "lineItems"): (LINE_ITEMS.name, MOST_PAGES),
}


def resource_of(path: str) -> tuple[str, str]:
    """The resource of a path, by its template, and the id in it; a path that is no row's stands for itself."""
    for resource in RESOURCES:
        found = resource.of(path)
        if found is not None:
            return resource.path, found
    return path, ""
