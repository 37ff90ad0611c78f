"""An executor over fakes: a source that remembers what it was asked, and a clock that tests turn."""

import json
from decimal import Decimal

from gateway.billing import Invoice
from gateway.cache import build_cache
from gateway.execution.executor import Executor, Request
from gateway.freshness import Windows
from gateway.readings import Lifetimes
from gateway.schema import build_schema
from tests.fakes import FakeClock, FakeInvoiceSource, operation

KIB = 1024
ONE = '{invoice(id: "G1") {id totalCharges}}'
CHARGED = {"data": {"invoice": {"id": "G1", "totalCharges": "1.10"}}}

_SCHEMA = build_schema()


def invoice(invoice_id="G1", **members):
    return Invoice(**({"id": invoice_id, "total_charges": Decimal("1.10"), "is_whole": True} | members))


class Runs:
    """Runs operations one by one.

    Attributes:
        source: G1, G2 and G3 of it.
        clock: of the cache.
        executor: the one that runs them.
    """

    def __init__(self, *, cache_url="memory://", compiles=True, answers_max_bytes=64 * KIB, windows=(60, 0, 0)):
        self.source = FakeInvoiceSource(map(invoice, ("G1", "G2", "G3")))
        self.clock = FakeClock()
        self.cache = build_cache(cache_url, 64 * KIB, None, self.clock, answers_max_bytes=answers_max_bytes)
        lifetimes = Lifetimes(*[Windows(*windows)] * 4)
        self.executor = Executor(_SCHEMA, self.source, self.cache, lifetimes, compiles=compiles)

    async def run(self, document=ONE, *, key=b"the request", operation_name=None, variables=None, **of_operation):
        """The response to a document, decoded."""
        answer = await self.answer(
            document, key=key, operation_name=operation_name, variables=variables, **of_operation
        )
        return json.loads(answer.body)

    async def answer(self, document=ONE, *, key=b"the request", operation_name=None, variables=None, **of_operation):
        request = Request(document, operation_name, variables, key)
        return await self.executor.run(request, operation(**of_operation))

    def kept(self, *, key=b"the request", identity="token-1", cache_control=None):
        """What an equal request would be answered with at once; None where it has to run."""
        asked = operation(identity, **({"cache_control": cache_control} if cache_control else {}))
        found = self.executor.kept(asked.caller.scope, key, asked.cache_control)
        return None if found is None else json.loads(found.body)
