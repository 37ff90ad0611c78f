"""The invoice API under `/v1/invoices`: one function per resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox import collection, line_items, wire
from gateway.sandbox.bearer import bearer_token, check
from gateway.sandbox.error_bodies import RefusedError, fault, not_found
from gateway.sandbox.pdf import pdf
from gateway.sandbox.transport import PARTNER

if TYPE_CHECKING:
    from starlette.requests import Request

    from gateway.sandbox.control import Controls
    from gateway.sandbox.invoices import Invoice
    from gateway.sandbox.partners import Partner, Partners

_JSON: Final = "application/json; charset=utf-8"


class InvoiceEndpoints:
    """`GET` of every invoice resource; each answers for the partner of its bearer token."""

    def __init__(
        self, partners: Partners, controls: Controls, line_item_count: int, audience: str | None = None
    ) -> None:
        self._partners = partners
        self._controls = controls
        self._line_item_count = line_item_count
        self._audience = audience

    def routes(self) -> list[Route]:
        invoices = "/v1/invoices"
        return [
            Route(invoices, self.collection, methods=["GET"]),
            Route(f"{invoices}/summaries", self.summaries, methods=["GET"]),
            Route(f"{invoices}/summary", self.summary, methods=["GET"]),
            Route(f"{invoices}/{{id}}", self.invoice, methods=["GET"]),
            Route(f"{invoices}/{{id}}/documents/statement", self.statement, methods=["GET"]),
            Route(f"{invoices}/{{id}}/receipts/{{receipt}}/documents/statement", self.receipt, methods=["GET"]),
            Route(f"{invoices}/{{id}}/lineitems", self.line_items, methods=["GET"]),
            Route(f"{invoices}/{{id}}/lineitems/{{provider}}/{{type}}", self.line_items, methods=["GET"]),
        ]

    async def collection(self, request: Request) -> Response:
        partner = await self._partner(request)
        # In a thread: the first time, 20,000 items take some 300 ms to encode.
        body = await run_in_threadpool(
            collection.page, partner, request.query_params, self._controls.quirks, str(request.base_url)
        )
        return Response(body, media_type=_JSON)

    async def summaries(self, request: Request) -> Response:
        partner = await self._partner(request)
        return Response(wire.encode(wire.summaries(partner.summaries)), media_type=_JSON)

    async def summary(self, request: Request) -> Response:
        """One currency's summary; which one Microsoft picks is not documented: here the first."""
        partner = await self._partner(request)
        return Response(wire.encode(wire.summary(partner.summaries[0])), media_type=_JSON)

    async def invoice(self, request: Request) -> Response:
        _, invoice = await self._invoice(request)
        quirks = self._controls.quirks
        if quirks.by_id == "403":
            message = "This resource does not support application-only authentication."
            raise RefusedError(403, fault(403, "900329", message))
        if quirks.by_id == "404" and invoice.invoice_type == "OneTime":
            raise not_found()
        body = wire.invoice_by_id(invoice)
        if collection.has_unknown_enums(invoice, quirks):
            body = wire.with_unknown_enums(body)
        return Response(wire.encode(body), media_type=_JSON)

    async def statement(self, request: Request) -> Response:
        partner, invoice = await self._invoice(request)
        return self._document(
            f"Invoice_{invoice.id}.pdf",
            f"Invoice {invoice.id}",
            f"Total charges: {invoice.part.currency} {invoice.total_charges}",
            f"Paid: {invoice.part.currency} {invoice.paid_amount}",
            f"Issued to {partner.label}",
        )

    async def receipt(self, request: Request) -> Response:
        partner, invoice = await self._invoice(request)
        receipt = request.path_params["receipt"]
        if receipt not in invoice.tax_receipts:
            raise not_found()
        return self._document(
            f"E-Tax-{receipt}.pdf",
            f"Tax receipt {receipt}",
            f"Invoice {invoice.id}",
            f"Issued to {partner.label}",
        )

    async def line_items(self, request: Request) -> Response:
        partner, invoice = await self._invoice(request)
        query = dict(request.query_params)
        path_params = request.path_params
        body = await run_in_threadpool(
            line_items.page,
            partner,
            invoice,
            line_items.Question.of(path_params.get("provider"), path_params.get("type"), query, request.headers),
            self._line_item_count,
        )
        return Response(body, media_type=_JSON)

    def _document(self, filename: str, *lines: str) -> Response:
        media_type = "application/pdf" if self._controls.quirks.statement_type == "pdf" else _JSON
        disposition = {"content-disposition": f"attachment; filename={filename}"}
        return Response(pdf(lines), headers=disposition, media_type=media_type)

    async def _partner(self, request: Request) -> Partner:
        label = request.scope[PARTNER]
        token = bearer_token(request.headers.get("authorization"))
        if label is None or token is None:
            raise RefusedError(401, fault(401))
        if self._audience is not None:
            check(token, self._audience)
        return await self._partners.get(label)

    async def _invoice(self, request: Request) -> tuple[Partner, Invoice]:
        partner = await self._partner(request)
        invoice = partner.invoice(request.path_params["id"])
        if invoice is None:
            raise not_found()
        return partner, invoice
