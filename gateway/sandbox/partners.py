"""Whose data a token sees: every bearer token is a partner of its own, generated when first seen.

A JWT that names a tenant and a user (or app) is that one's, so that a renewed token sees the same data.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from gateway.sandbox import wire
from gateway.sandbox.bearer import bearer_token, holder
from gateway.sandbox.generation import FIRST_PARTNER, generate
from gateway.sandbox.summaries import summaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.sandbox.generation import Slot
    from gateway.sandbox.invoices import Invoice

FIRST_PARTNER_TOKEN: Final = "sandbox-partner-1"  # noqa: S105  # Opens only invented data, and is documented.

# With 20,000 invoices a partner takes some 60 MB once all its items have been sent.
_KEPT_PARTNERS: Final = 16


def partner_label(token: str) -> str:
    """The name the journal and the faults use for the partner of a token; the token cannot be had from it."""
    if token == FIRST_PARTNER_TOKEN:
        return FIRST_PARTNER
    return holder(token) or f"partner-{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def label_of_authorization(header: str | None) -> str | None:
    """The partner's label, or None where the header is missing or no well-formed bearer token."""
    token = bearer_token(header)
    return None if token is None else partner_label(token)


class Partner:
    """One partner's invoices and summaries; what was encoded once is kept."""

    def __init__(self, label: str, seed: int, invoices: Sequence[Invoice]) -> None:
        self.label = label
        self.seed = seed
        self.invoices = invoices
        self.summaries = summaries(label, seed, invoices)
        self._by_id = {invoice.id: invoice for listed in invoices for invoice in (listed, *listed.amendments)}
        self._items: dict[str, bytes] = {}

    def invoice(self, invoice_id: str) -> Invoice | None:
        """The invoice or amendment of an id, which may have its type before it (`OneTime-G000100001`)."""
        prefix, dash, rest = invoice_id.partition("-")
        invoice = self._by_id.get(rest if dash else invoice_id)
        return None if invoice is None or (dash and prefix != invoice.invoice_type) else invoice

    def item(self, invoice: Invoice) -> bytes:
        """The invoice as an item of the collection."""
        encoded = self._items.get(invoice.id)
        if encoded is None:
            encoded = self._items[invoice.id] = wire.encode(wire.invoice_item(invoice))
        return encoded


class Partners:
    """The partners seen last, at most 16; the data of one pushed out is generated again, the same."""

    def __init__(self, seed: int, plan: Sequence[Slot]) -> None:
        self._seed = seed
        self._plan = plan
        self._kept: OrderedDict[str, Partner] = OrderedDict()
        # Locks of threads, not of a loop: a test may use one sandbox from several loops.
        self._keeping = threading.Lock()
        self._generating = threading.Lock()

    async def get(self, label: str) -> Partner:
        partner = self._known(label)
        return await run_in_threadpool(self._generate, label) if partner is None else partner

    def _known(self, label: str) -> Partner | None:
        with self._keeping:
            if label in self._kept:
                self._kept.move_to_end(label)
            return self._kept.get(label)

    def _generate(self, label: str) -> Partner:
        with self._generating:
            # It may have been generated while this thread waited for the lock.
            partner = self._known(label)
            if partner is None:
                partner = Partner(label, self._seed, generate(self._seed, label, self._plan))
                with self._keeping:
                    self._kept[label] = partner
                    if len(self._kept) > _KEPT_PARTNERS:
                        self._kept.popitem(last=False)
            return partner
