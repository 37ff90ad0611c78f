"""Operations of every kind, by what they are meant to show of a plan."""

CARRIED = "id state invoiceDetails { billingProvider } taxReceipts { id } amendments { id }"
OCTOBER = '{ invoiceDate: { from: "2026-10-01T00:00:00Z", until: "2026-11-01T00:00:00Z" } }'
SINCE_MARCH = '{ invoiceDate: { from: "2026-03-01T00:00:00Z" } }'
IDS = [f"G{100000 + number:09}" for number in range(1, 21)]
BY_ID = "query ($ids: [ID!]!) { invoicesById(ids: $ids) { id } }"

# A document, and its variables.
OPERATIONS = {
    "nothing": ("{ __typename }", {}),
    "the schema": ("{ __schema { queryType { name } } }", {}),
    "summaries": ("{ invoiceSummaries { totalCount items { details { summary { balanceAmount } } } } }", {}),
    "summaries twice": ("{ a: invoiceSummaries { totalCount } b: invoiceSummaries { totalCount } }", {}),
    "their invoices": (f"{{ invoiceSummaries {{ items {{ invoices(first: 50) {{ nodes {{ {CARRIED} }} }} }} }} }}", {}),
    "at every level": (
        """{ invoiceSummaries { items { invoices { totalCount }
        details { invoices { totalCount } summary { invoices { totalCount } } } } } }""",
        {},
    ),
    "their links": ("{ invoiceSummaries { items { invoices(first: 2) { nodes { pdfDownloadLink } } } } }", {}),
    "their months": (f"{{ invoiceSummaries {{ items {{ invoices(filter: {OCTOBER}) {{ totalCount }} }} }} }}", {}),
    "a page": (f"{{ invoices(first: 50) {{ nodes {{ {CARRIED} }} }} }}", {}),
    "a page of edges": ("{ invoices(last: 3) { edges { cursor node { id billingPeriodStartDate } } } }", {}),
    "the usual page": ("{ invoices { nodes { pdfDownloadLink billingPeriodStartDate billingPeriodEndDate } } }", {}),
    "totals": ("{ invoices { totalCount totals { totalCharges } pageInfo { hasNextPage } } }", {}),
    "a page that is no page": ("{ invoices(first: 500) { totalCount } }", {}),
    "a page by variable": ("query ($n: Int) { invoices(first: $n) { nodes { pdfDownloadLink } } }", {"n": 7}),
    "amendments": ("{ invoices(last: 10) { nodes { amendments { id pdfDownloadLink } } } }", {}),
    "what they amend": ("{ invoices(last: 10) { nodes { amendments { amendedInvoice { id } } } } }", {}),
    "one": (f'{{ invoice(id: "{IDS[0]}") {{ {CARRIED} pdfDownloadLink }} }}', {}),
    "one, twenty times": ("{" + " ".join(f'a{n}: invoice(id: "{IDS[0]}") {{ id }}' for n in range(20)) + "}", {}),
    "one, spelled twice": ('{ a: invoice(id: "OneTime-G000100001") { id } b: invoice(id: "G000100001") { id } }', {}),
    "its amendments": (f'{{ invoice(id: "{IDS[0]}") {{ amendments {{ pdfDownloadLink amendsOf }} }} }}', {}),
    "what one amends": ('{ invoice(id: "G900000001") { amendedInvoice { id pdfDownloadLink } } }', {}),
    "none": ('{ invoice(id: "G999999999") { id pdfDownloadLink } }', {}),
    "no id": ('{ invoice(id: "?") { id } }', {}),
    "twenty": (BY_ID, {"ids": IDS}),
    "too many": (BY_ID, {"ids": [f"{number}" for number in range(101)]}),
    "a month": (f"{{ invoices(filter: {OCTOBER}) {{ totalCount }} }}", {}),
    "two windows": (
        f"{{ a: invoices(filter: {OCTOBER}) {{ totalCount }} b: invoices(filter: {SINCE_MARCH}) {{ totalCount }} }}",
        {},
    ),
    "all and a month": (f"{{ a: invoices {{ totalCount }} b: invoices(filter: {OCTOBER}) {{ totalCount }} }}", {}),
    "line items": (
        f'{{ invoice(id: "{IDS[0]}") {{ invoiceDetails {{ lineItems(first: 3) {{ totalCount: __typename }} }} }} }}',
        {},
    ),
    "line items of all": (
        "{ invoices(first: 3) { nodes { invoiceDetails { lineItems { nodes { __typename } } } } } }",
        {},
    ),
    "skipped": (
        """query ($no: Boolean!) { invoiceSummaries @skip(if: $no) { totalCount } invoices @include(if: $no)
        { nodes { id pdfDownloadLink @skip(if: $no) ... @include(if: $no) { billingPeriodEndDate } } } }""",
        {"no": True},
    ),
    "not included": (
        "query ($no: Boolean!) { invoices { nodes { id pdfDownloadLink @skip(if: $no) } } }",
        {"no": True},
    ),
    "fragments": (
        """{ invoices(first: 4) { ...Page } } fragment Page on InvoiceConnection { nodes { ...Link id } edges { node
        { ... on Invoice { ...Link } } } } fragment Link on Invoice { link: pdfDownloadLink }""",
        {},
    ),
    "everything at once": (
        f"""{{ invoiceSummaries {{ items {{ invoices(filter: {SINCE_MARCH}, first: 1) {{ nodes {{ id }} }} }} }}
        invoices(first: 3) {{ nodes {{ pdfDownloadLink amendments {{ amendedInvoice {{ id }} }} }} }}
        invoice(id: "{IDS[1]}") {{ pdfDownloadLink }} invoicesById(ids: ["{IDS[1]}", "{IDS[2]}"]) {{ id }} }}""",
        {},
    ),
}
