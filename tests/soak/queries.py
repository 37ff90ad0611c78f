"""What callers ask in the soak: every shape of query, some dozens for each partner."""

from typing import Any, NamedTuple

_OF_COLLECTION = """id invoiceDate totalCharges paidAmount currencyCode documentType invoiceType state
  invoiceDetails {billingProvider invoiceLineItemType} taxReceipts {id} amendments {id totalCharges amendsOf}"""
_BY_ID_ONLY = "billingPeriodStartDate billingPeriodEndDate"
_FIGURES = "balanceAmount currencyCode accountingDate lastPaymentAmount latestInvoiceDate"
_PAGE = "nodes {id totalCharges currencyCode} pageInfo {hasNextPage endCursor} totalCount"
_TOTALS = "totals {currencyCode count totalCharges paidAmount}"

# The sandbox's first of each kind (`sandbox.generation.slots`): all partners have the same ids, and data of their own.
_IDS = [f"D03{number:07d}" for number in range(1, 13)] + [f"G0001{number:05d}" for number in range(1, 13)]
_AMENDMENTS = ["D930000001", "D930000002"]
_UNKNOWN_IDS = ["D039999999", "G000199999"]


class Query(NamedTuple):
    """One query of a partner's callers.

    Attributes:
        shape: what it is like, for weights and tables.
        name: it is known by, among the partner's.
        document: GraphQL text.
        variables: by name.
        is_promised: whether it is answered from what is kept when upstream fails. PDF links are not: they end.
    """

    shape: str
    name: str
    document: str
    variables: dict[str, Any]
    is_promised: bool = True


def queries_within_windows() -> list[Query]:
    """Those for which the gateway never needs the whole collection."""
    years = range(2018, 2026)
    nested = f"currencyCode invoices(first: 5, filter: {_year(2024)}) {{{_PAGE}}}"
    return [
        _query("summaries", "plain", f"invoiceSummaries {{totalCount items {{{_FIGURES}}}}}"),
        _query(
            "summaries",
            "details",
            f"invoiceSummaries {{items {{currencyCode details {{invoiceType summary {{{_FIGURES}}}}}}}}}",
        ),
        _query("nested", "within a year", f"invoiceSummaries {{items {{{nested}}}}}"),
        *(_window(year) for year in years),
        *(_window(year, year + 2) for year in years[:-2]),
        *(_by_id(id_, _OF_COLLECTION) for id_ in _IDS[::2]),
        *(_by_id(id_, f"{_OF_COLLECTION} {_BY_ID_ONLY}") for id_ in _IDS[1::2]),
        *(_list(_IDS[at : at + 6], f"{_OF_COLLECTION} {_BY_ID_ONLY}") for at in range(0, len(_IDS), 6)),
        *(_pdf_link(id_) for id_ in _IDS[::5]),
    ]


def queries() -> list[Query]:
    """All."""
    nested = f"first: 5) {{{_PAGE} {_TOTALS}}}"
    return [
        *queries_within_windows(),
        _query("nested", "by currency", f"invoiceSummaries {{items {{currencyCode invoices({nested}}}}}"),
        _query(
            "nested",
            "by type",
            f"invoiceSummaries {{items {{currencyCode details {{invoiceType invoices({nested}}}}}}}",
        ),
        _query(
            "nested",
            "with what only ids have",
            f"invoiceSummaries {{totalCount}} invoices(first: 4) {{nodes {{{_OF_COLLECTION} {_BY_ID_ONLY}}}}}",
        ),
        _query("page", "first", f"invoices {{{_PAGE} {_TOTALS}}}"),
        _query("page", "last", f"invoices(last: 20, orderBy: TOTAL_CHARGES_ASC) {{{_PAGE}}}"),
        _query("page", "francs", f'invoices(first: 50, filter: {{currencyCode: "CHF"}}) {{{_PAGE} {_TOTALS}}}'),
        *(_by_id(id_, "id totalCharges") for id_ in _UNKNOWN_IDS),
        *(_by_id(id_, "id totalCharges amendsOf amendedInvoice {id totalCharges}") for id_ in _AMENDMENTS),
        *(_list([*_IDS[at : at + 5], unknown], _OF_COLLECTION) for at, unknown in enumerate(_UNKNOWN_IDS)),
    ]


def next_page(query: Query, data: dict[str, Any]) -> Query | None:
    """The page after the one that a query is answered with, where it is a first one."""
    if query.shape != "page" or "invoices {" not in query.document or not data["invoices"]["pageInfo"]["hasNextPage"]:
        return None
    return Query(
        "page",
        f"page after {query.name}",
        f"query($after: String) {{invoices(after: $after) {{{_PAGE}}}}}",
        {"after": data["invoices"]["pageInfo"]["endCursor"]},
    )


def _query(shape: str, name: str, fields: str) -> Query:
    return Query(shape, f"{shape} {name}", f"{{{fields}}}", {})


def _year(year: int) -> str:
    return f'{{invoiceDate: {{from: "{year}-01-01T00:00:00Z", until: "{year + 1}-01-01T00:00:00Z"}}}}'


def _window(*years: int) -> Query:
    fields = (f"y{year}: invoices(first: 10, filter: {_year(year)}) {{{_PAGE} {_TOTALS}}}" for year in years)
    return _query("window" if len(years) == 1 else "windows", " and ".join(map(str, years)), " ".join(fields))


def _by_id(id_: str, fields: str) -> Query:
    return Query("by id", f"by id {id_}", f"query($id: ID!) {{invoice(id: $id) {{{fields}}}}}", {"id": id_})


def _list(ids: list[str], fields: str) -> Query:
    document = f"query($ids: [ID!]!) {{invoicesById(ids: $ids) {{{fields}}}}}"
    return Query("list", f"list {ids[0]} to {ids[-1]}", document, {"ids": ids})


def _pdf_link(id_: str) -> Query:
    document = "query($id: ID!) {invoice(id: $id) {id pdfDownloadLink}}"
    return Query("pdf link", f"pdf link {id_}", document, {"id": id_}, is_promised=False)
