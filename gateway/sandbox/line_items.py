"""Line items of an invoice: which kinds it has, pages of them, continuation tokens.

Office and Azure items are paged by offset, those of modern invoices by `MS-ContinuationToken`
(docs get-invoiceline-items, 2023).
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from gateway.sandbox import wire
from gateway.sandbox.amounts import hundredths, money
from gateway.sandbox.collection import number
from gateway.sandbox.error_bodies import invalid_request
from gateway.sandbox.legacy_line_items import daily_usage, license_based, usage_based
from gateway.sandbox.line_item_draft import Draft
from gateway.sandbox.modern_line_items import daily_rated, one_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gateway.sandbox.invoices import Invoice
    from gateway.sandbox.partners import Partner

# Default and maximum (docs get-invoiceline-items, 2023).
MAX_SIZE: Final = 2000

# Offsets in continuation tokens have eight digits, and an invoice at most three kinds.
MAX_COUNT: Final = 10_000_000

# URL values have any case but no underscore: `one_time` is refused (Partner-Center-Java, issue 97).
_PROVIDERS: Final = {
    "office": "office",
    "azure": "azure",
    "onetime": "one_time",
    "marketplace": "marketplace",
    "all": "all",
}
_TYPES: Final = {"billinglineitems": "billing_line_items", "usagelineitems": "usage_line_items"}

Kind = Literal["license", "usage_based", "daily_usage", "one_time", "daily_rated"]

# .NET SDK 3.4, InvoiceLineItemConverter: the kind of item of each provider and type.
_KINDS: Final[dict[tuple[str, str], Kind]] = {
    ("office", "billing_line_items"): "license",
    ("azure", "billing_line_items"): "usage_based",
    ("azure", "usage_line_items"): "daily_usage",
    ("one_time", "billing_line_items"): "one_time",
    ("marketplace", "usage_line_items"): "daily_rated",
}
_SHAPES: Final[dict[Kind, Callable[[Draft], wire.JSON]]] = {
    "license": license_based,
    "usage_based": usage_based,
    "daily_usage": daily_usage,
    "one_time": one_time,
    "daily_rated": daily_rated,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a request asks for. `path` is the part of its link before size and offset."""

    provider: str
    line_item_type: str
    size: int
    offset: int
    token: str | None
    path: str

    @classmethod
    def of(
        cls,
        provider: str | None,
        line_item_type: str | None,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Question:
        """The question of either syntax: provider and type in the path or, where they are None, the query.

        A continuation token and `seekOperation=Next` without one another are refused with 400 (assumed).
        """
        asked_provider = provider or query.get("provider", "")
        asked_type = line_item_type or query.get("invoicelineitemtype", "")
        token = headers.get("ms-continuationtoken")
        seeks = query.get("seekOperation", "").lower()
        if (
            asked_provider.lower() not in _PROVIDERS
            or asked_type.lower() not in _TYPES
            or seeks != ("" if token is None else "next")
        ):
            raise invalid_request()
        return cls(
            provider=_PROVIDERS[asked_provider.lower()],
            line_item_type=_TYPES[asked_type.lower()],
            size=min(number(query, "size", MAX_SIZE, 1), MAX_SIZE),
            offset=number(query, "offset", 0, 0),
            token=token,
            path=f"/{asked_provider}/{asked_type}?"
            if provider
            else f"?provider={asked_provider}&invoicelineitemtype={asked_type}&",
        )


def page(partner: Partner, invoice: Invoice, question: Question, count: int) -> bytes:
    """The page of line items, as JSON; `count` is the number of items of each kind."""
    kinds = kinds_of(invoice, question.provider, question.line_item_type)
    seekable = invoice.invoice_type == "OneTime"
    offset = _offset(partner, invoice, question) if seekable else question.offset
    total = count * len(kinds)
    end = min(offset + question.size, total)
    items = [wire.encode(item) for item in _items(partner, invoice, kinds, range(offset, end), count)]
    path = f"/invoices/{invoice.id}/lineitems{question.path}size={question.size}"
    if not seekable:
        links = {"self": wire.link(f"{path}&offset={offset}")}
        if end < total:
            links["next"] = wire.link(f"{path}&offset={end}")
        return wire.collection(items, len(items), links)
    links = {"self": wire.link(path)}
    token = None
    if end < total:
        token = _token(partner, invoice, question, end)
        links["next"] = wire.link(f"{path}&seekOperation=Next", [("MS-ContinuationToken", token)])
    return wire.collection(items, len(items), links, token=token)


def kinds_of(invoice: Invoice, provider: str, line_item_type: str) -> list[Kind]:
    """The kinds of item the invoice has for a provider (or all) and a type.

    Usage of a modern invoice is Marketplace's, and is given for provider `onetime` too
    (docs get-invoice-billed-consumption-lineitems, 2023).
    """
    if (provider, line_item_type) == ("one_time", "usage_line_items"):
        provider = "marketplace"
    return [
        _KINDS[detail] for detail in invoice.details if detail[1] == line_item_type and provider in {"all", detail[0]}
    ]


def _items(partner: Partner, invoice: Invoice, kinds: list[Kind], indexes: range, count: int) -> Iterator[wire.JSON]:
    for index in indexes:
        kind, position = kinds[index // count], index % count
        name = f"{partner.seed}:{partner.label}:{invoice.id}:{kind}"
        amount = _amount(name, _share(invoice, kind), position, count)
        yield _SHAPES[kind](Draft.of(partner.label, invoice, position, amount, f"{name}:{position}"))


def _share(invoice: Invoice, kind: Kind) -> Decimal:
    """A kind's share of the charges; billing items of all kinds together make up the invoice's total."""
    shared = ("azure", "billing_line_items") in invoice.details
    azure = money(hundredths(invoice.total_charges) // 4) if shared else Decimal(0)
    return azure if kind == "usage_based" else invoice.total_charges - azure


def _amount(name: str, share: Decimal, position: int, count: int) -> Decimal:
    """One of `count` amounts whose sum is exactly `share`, without making the others.

    Items go in pairs, one above the mean and one as much below it; the last takes the rest.
    """
    mean = hundredths(share) // count

    def difference(pair: int) -> int:
        return random.Random(f"{name}:pair:{pair}").randrange(abs(mean) // 2 + 1)

    if position < count - 1:
        more = difference(position // 2)
        return money(mean - more if position % 2 else mean + more)
    unpaired = difference(position // 2) if count % 2 == 0 else 0
    return share - money(mean * (count - 1) + unpaired)


def _token(partner: Partner, invoice: Invoice, question: Question, offset: int) -> str:
    """A token of the documented look: three parts, two commas, Base64 with its `/` and `=`.

    It is good for this partner, invoice, provider and type alone.
    """
    name = f"{partner.seed}:{partner.label}:{invoice.id}:{question.provider}:{question.line_item_type}:{offset}"
    digest = hashlib.sha256(name.encode()).digest()
    first, second = (uuid.UUID(bytes=part, version=4) for part in (digest[:16], digest[16:]))
    return f"{first},{offset:08d}_/{base64.b64encode(digest).decode()},{second}"


def _offset(partner: Partner, invoice: Invoice, question: Question) -> int:
    """Where a token goes on; without one, from the start: modern items take no offset."""
    if question.token is None:
        return 0
    digits = question.token.partition(",")[2][:8]
    if not digits.isdecimal() or question.token != _token(partner, invoice, question, int(digits)):
        raise invalid_request()
    return int(digits)
