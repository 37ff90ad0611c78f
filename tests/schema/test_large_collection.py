"""Twenty thousand invoices, paged through by cursors, each exactly once."""

import pytest

from gateway.sandbox import create_sandbox
from gateway.sandbox.server import serve_in_thread

pytestmark = pytest.mark.anyio

PAGE = """query ($after: String) {
    invoices(first: 100, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""


async def test_each_invoice_is_met_exactly_once(start_gateway):
    with serve_in_thread(create_sandbox(invoice_count=20_000)) as url:
        gateway = await start_gateway(upstream_url=url, cache_max_bytes=256 * 1024**2, deadline_s=60)
        seen, after = [], None
        while True:
            page = (await gateway.ask(PAGE, after=after))["invoices"]
            seen += [node["id"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]

    assert page["totalCount"] == 20_000
    assert len(seen) == 20_000
    assert len(set(seen)) == 20_000
