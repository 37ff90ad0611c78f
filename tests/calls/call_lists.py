"""Calls upstream as the sandbox's journal has them, and what is asked to cause them."""

SUMMARIES = "/v1/invoices/summaries"
COLLECTION = "/v1/invoices?size=500&offset=0"
CARRIED = "id invoiceDetails { billingProvider } taxReceipts { id } amendments { id } state totalCharges"


def by_id(*ids):
    return [f"/v1/invoices/{invoice_id}" for invoice_id in ids]


def ids_of(count):
    """The first modern invoices of the sandbox."""
    return [f"G{100000 + number:09}" for number in range(1, count + 1)]
