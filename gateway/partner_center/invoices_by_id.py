"""Invoices by id: what an answer to one comes to, and many that are asked for together."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from gateway.billing import Invoice
from gateway.errors import UpstreamError, UpstreamUnreadableError
from gateway.invoice_id import is_one
from gateway.operation import Operation
from gateway.partner_center import decode
from gateway.partner_center.first_try import FirstTry
from gateway.partner_center.gets import Gets
from gateway.partner_center.long_answers import decoded
from gateway.partner_center.together import Together


async def invoice_by_id(gets: Gets, operation: Operation, invoice_id: str) -> Invoice | None:
    """The invoice; None where upstream says that there is none."""
    # Not every id is a caller's, checked at the door: upstream names some, as what an amendment amends.
    if not is_one(invoice_id):
        return None
    asked_at = datetime.now(UTC)
    return await _invoice_of(
        gets.body(operation, _path(invoice_id), gets.call(operation, "invoice")), invoice_id, asked_at
    )


def invoices_by_id(gets: Gets, operation: Operation, ids: Sequence[str]) -> "Together[Invoice | None]":
    """The same of several, whose requests go out together."""
    return _ById(gets, operation, ids).together()


class _ById:
    """What several have in common."""

    # Had before the first of them begins.
    _token: str

    def __init__(self, gets: Gets, operation: Operation, ids: Sequence[str]) -> None:
        self._gets = gets
        self._operation = operation
        self._ids = ids
        self._call = gets.call(operation, "invoice")
        self._asked_at = datetime.now(UTC)
        self._is_open = False

    def together(self) -> "Together[Invoice | None]":
        return Together(len(self._ids), prepare=self._prepare, begin=self._begin, read=self._read, whole=self._whole)

    async def _prepare(self) -> None:
        calls, lane = self._gets.calls, self._call.lane
        calls.check(lane)
        self._token = await self._gets.credentials.token(self._operation.caller)
        self._is_open = calls.is_open(lane)

    def _begin(self, place: int, told: Callable[[FirstTry], None]) -> FirstTry | None:
        invoice_id = self._ids[place]
        if not self._is_open or not is_one(invoice_id):
            return None
        return self._gets.begin(self._operation, self._token, _path(invoice_id), self._call, told)

    def _read(self, place: int, body: bytes) -> Invoice:
        return _the_one(decode.invoice(body, self._asked_at), self._ids[place])

    def _whole(self, place: int, first: FirstTry | None) -> Coroutine[Any, Any, Invoice | None]:
        gets, operation, invoice_id = self._gets, self._operation, self._ids[place]
        if first is None:
            return invoice_by_id(gets, operation, invoice_id)
        body = gets.calls.end(first.tries, first)
        body = gets.renewed(operation, self._token, _path(invoice_id), self._call, body)
        return _invoice_of(body, invoice_id, self._asked_at)


async def _invoice_of(body: Awaitable[bytes], invoice_id: str, asked_at: datetime) -> Invoice | None:
    try:
        found = await body
    except UpstreamError as error:
        if error.upstream_status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return _the_one(await decoded(decode.invoice, found, asked_at), invoice_id)


def _the_one(invoice: Invoice, invoice_id: str) -> Invoice:
    if invoice.id.casefold() != invoice_id.casefold():
        raise UpstreamUnreadableError("Partner Center answered with another invoice.")
    return invoice


def _path(invoice_id: str) -> str:
    return f"/v1/invoices/{invoice_id}"
