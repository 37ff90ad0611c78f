"""The age of a kept answer counts from when upstream was asked for its oldest part, however long all took to come."""

import pytest

from gateway.freshness import CacheControl
from tests.execution.runs import CHARGED, Runs, invoice

pytestmark = pytest.mark.anyio

LATER = '{invoice(id: "G1") {id amendedInvoice {id}}}'


class Slow:
    """Has the clock go on while upstream is asked."""

    def __init__(self, runs, monkeypatch, takes_s):
        self._clock, self._read, self._takes_s = runs.clock, runs.source.invoice, takes_s
        monkeypatch.setattr(runs.source, "invoice", self.read)

    async def read(self, about, invoice_id):
        found = await self._read(about, invoice_id)
        self._clock.now_s += self._takes_s[invoice_id]
        return found


async def test_the_time_that_a_call_took_counts(monkeypatch):
    runs = Runs()
    Slow(runs, monkeypatch, {"G1": 40})
    assert await runs.run() == CHARGED

    assert runs.kept(cache_control=CacheControl(max_age_s=39.9)) is None
    assert runs.kept(cache_control=CacheControl(max_age_s=40)) == CHARGED


async def test_so_does_the_time_for_which_one_part_waited_for_another(monkeypatch):
    runs = Runs()
    runs.source.documents["G1"] = invoice(amends_of="G2")
    Slow(runs, monkeypatch, {"G1": 10, "G2": 30})
    await runs.run(LATER)

    assert runs.kept(cache_control=CacheControl(max_age_s=39.9)) is None
    assert runs.kept(cache_control=CacheControl(max_age_s=40)) is not None


async def test_what_is_made_of_nothing_is_as_old_as_it_is_kept():
    runs = Runs()
    await runs.run("{__typename}")
    runs.clock.now_s += 10

    assert runs.kept(cache_control=CacheControl(max_age_s=9)) is None
    assert runs.kept(cache_control=CacheControl(max_age_s=10)) == {"data": {"__typename": "Query"}}
