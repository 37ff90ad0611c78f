"""The figure that the cache reckons memory with stands near what values really take."""

import tracemalloc

import msgspec

from gateway.billing import InvoiceCollection
from gateway.partner_center import decode
from gateway.readings import INVOICES


def body(count):
    item = {
        "invoiceDate": "2018-02-08T22:40:37.5897767Z",
        "totalCharges": 2076.63,
        "paidAmount": 0,
        "currencyCode": "USD",
        "currencySymbol": "$",
        "taxReceipts": [
            {"id": "123456", "taxReceiptPdfDownloadLink": "/invoices/x/receipts/123456/documents/statement"}
        ],
        "invoiceDetails": [
            {
                "invoiceLineItemType": "billing_line_items",
                "billingProvider": "one_time",
                "links": {"self": {"uri": "/invoices/OneTime-x/lineitems/OneTime/BillingLineItems", "method": "GET"}},
            }
        ],
        "documentType": "invoice",
        "invoiceType": "OneTime",
        "links": {"self": {"uri": "/invoices/OneTime-x", "method": "GET", "headers": []}},
    }
    return msgspec.json.encode({"items": [item | {"id": f"G{number:09}"} for number in range(count)]})


def test_a_value_takes_between_one_and_three_times_its_encoding():
    sent = body(2000)
    decode.invoice_page(sent)
    tracemalloc.start()
    collection = InvoiceCollection(decode.invoice_page(sent).invoices)
    taken_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    ratio = taken_bytes / len(INVOICES.encode(collection))

    print(f"memory per encoded byte: {ratio:.2f}")
    assert 1.0 < ratio < 3.0
