"""The GraphQL types of line items, made from their values' definitions, and the connection over them."""

import datetime as dt
import decimal
from collections.abc import Sequence
from typing import Any

import msgspec
import strawberry
from strawberry import Parent

from gateway import line_items as values
from gateway.billing import BillingProvider, InvoiceLineItemType, ResourceAttributes
from gateway.schema import enums, resources
from gateway.schema.line_item_descriptions import DESCRIPTIONS
from gateway.schema.line_item_pages import LineItemEdge, LineItems

# What a value's members are in GraphQL, by their types; all others are the same there.
_GRAPHQL_TYPES: dict[Any, Any] = {
    str | None: str | None,
    decimal.Decimal | None: decimal.Decimal | None,
    dt.datetime | None: dt.datetime | None,
    bool | None: bool | None,
    tuple[str, ...]: list[str],
    BillingProvider | None: enums.BillingProvider | None,
    InvoiceLineItemType | None: enums.InvoiceLineItemType | None,
    ResourceAttributes | None: resources.ResourceAttributes | None,
}

# Names that camel case does not make as Partner Center spells them.
_NAMES = {
    "pc_to_bc_exchange_rate": "pcToBCExchangeRate",
    "pc_to_bc_exchange_rate_date": "pcToBCExchangeRateDate",
}

_ABOUT = {
    values.LicenseBasedLineItem: "What a licence-based offer charges.",
    values.UsageBasedLineItem: "What Azure charges for a month, as it was sold before the new commerce.",
    values.DailyUsageLineItem: "What of Azure was used on a day, as it was sold before the new commerce.",
    values.OneTimeInvoiceLineItem: "What the new commerce charges: purchases, cancellations, subscriptions.",
    values.DailyRatedUsageLineItem: "What of the new commerce was used on a day, and at which rate.",
}


def _fields(kind: type[values.InvoiceLineItem]) -> dict[str, Any]:
    """The body of a class that has the members of a kind as fields."""
    members = msgspec.structs.fields(kind)
    return {
        "__annotations__": {member.name: _GRAPHQL_TYPES[member.type] for member in members},
        "__module__": __name__,
        **{
            member.name: strawberry.field(name=_NAMES.get(member.name), description=DESCRIPTIONS[member.name])
            for member in members
        },
    }


def _kind_name(value: Any, *_: Any) -> str:
    return type(value).__name__


InvoiceLineItem: Any = strawberry.interface(
    type("InvoiceLineItem", (), _fields(values.InvoiceLineItem) | {"resolve_type": staticmethod(_kind_name)}),
    description="A line of an invoice: what all kinds have. What a kind has besides is asked for by a fragment on it.",
)


def _view(kind: type[values.AnyLineItem]) -> Any:
    def is_type_of(value: Any, _info: Any) -> bool:
        return value.__class__ is kind

    body = _fields(kind) | {"is_type_of": staticmethod(is_type_of)}
    return strawberry.type(type(kind.__name__, (InvoiceLineItem,), body), description=_ABOUT[kind])


LINE_ITEM_TYPES = [_view(kind) for kind in values.KINDS]


@strawberry.type(description="Where a page of line items stands.")
class LineItemPageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether there are line items after the page, or Partner Center names a further page, which may be "
        "empty."
    )
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last line item.")


@strawberry.type(name="InvoiceLineItemEdge", description="A line item and its place.")
class InvoiceLineItemEdge:
    cursor: str = strawberry.field(description="Its place; belongs to these line items alone.")
    node: InvoiceLineItem = strawberry.field(description="The line item.")


def _edges(parent: Parent[LineItems]) -> list[LineItemEdge]:
    return parent.edges


def _nodes(parent: Parent[LineItems]) -> Sequence[values.AnyLineItem]:
    return parent.items


def _page_info(parent: Parent[LineItems]) -> LineItemPageInfo:
    return LineItemPageInfo(has_next_page=parent.has_more, end_cursor=parent.end_cursor)


@strawberry.type(description="One page of line items, in Partner Center's order.")
class InvoiceLineItemConnection:
    edges = strawberry.field(
        resolver=_edges,
        graphql_type=list[InvoiceLineItemEdge],
        description="The page's line items, each with its cursor.",
    )
    nodes = strawberry.field(resolver=_nodes, graphql_type=list[InvoiceLineItem], description="The page's line items.")
    page_info = strawberry.field(resolver=_page_info, description="Where the page stands.")
