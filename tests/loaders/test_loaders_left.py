"""Who leaves a key takes nothing from others who wait for it."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.isolation import isolating
from gateway.outcomes import outcomes_of
from gateway.schema.totals import totals
from tests.execution.runs import Runs, invoice

pytestmark = pytest.mark.anyio

LOST = '{invoices {totals {count} nodes {billingPeriodStartDate}} invoice(id: "G9") {amendedInvoice {id}}}'


class Loading:
    """A loader whose batches end when the gate opens."""

    def __init__(self):
        self.begun, self.ended, self.gate = [], [], asyncio.Event()
        self.loader = isolating(self._load)

    async def _load(self, keys):
        self.begun.append(list(keys))
        try:
            await self.gate.wait()
        finally:
            self.ended.append(list(keys))
        return [LookupError(key) if key == "missing" else key.upper() for key in keys]

    async def waiting(self, key, number):
        async def wait():
            return await self.loader.load(key)

        tasks = [asyncio.create_task(wait()) for _ in range(number)]
        await asyncio.sleep(0.01)
        return tasks

    async def waiting_together(self, *keys):
        async def wait():
            return await outcomes_of(self.loader.load_all(keys))

        task = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        return task


async def test_all_who_wait_for_a_key_get_its_answer_of_one_batch():
    loading = Loading()
    tasks = [*await loading.waiting("a", 3), *await loading.waiting("missing", 2)]
    loading.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert answers[:3] == ["A"] * 3
    assert list(map(type, answers[3:])) == [LookupError] * 2
    assert loading.begun == [["a"], ["missing"]]


async def test_when_the_first_leaves_the_others_have_it_loaded_again():
    loading = Loading()
    first, *others = await loading.waiting("a", 3)
    first.cancel()
    await asyncio.sleep(0.01)
    loading.gate.set()

    assert await asyncio.gather(*others) == ["A", "A"]
    assert loading.begun == [["a"], ["a"]]


@pytest.mark.parametrize("keys", [["a"], ["a", "b"], ["b", "a"]])
async def test_when_the_first_leaves_as_it_has_asked_the_others_have_it_loaded_again(keys):
    loading = Loading()
    loading.gate.set()
    first = loading.loader.load_all(keys)
    other = asyncio.ensure_future(loading.loader.load("a"))
    for each in first:
        each.cancel()

    async with asyncio.timeout(5):
        assert await other == "A"


async def test_another_ones_leaving_is_nothing_to_the_first():
    loading = Loading()
    first, second = await loading.waiting("a", 2)
    second.cancel()
    await asyncio.sleep(0.01)
    loading.gate.set()

    assert await first == "A"
    assert loading.begun == [["a"]]


async def test_when_all_have_left_nothing_is_loaded_any_more():
    loading = Loading()
    first, *others = await loading.waiting("a", 3)
    first.cancel()
    await asyncio.sleep(0.01)
    for each in others:
        each.cancel()
    await asyncio.sleep(0.01)

    assert loading.begun == loading.ended == [["a"], ["a"]]


async def test_keys_that_are_loaded_together_are_of_one_batch_with_others_and_each_is_there_once():
    loading = Loading()
    alone = asyncio.ensure_future(loading.loader.load("a"))
    together = await loading.waiting_together("b", "a", "missing", "b")
    loading.gate.set()
    answers = await together

    assert answers[:2] == ["B", "A"]
    assert isinstance(answers[2], LookupError)
    assert answers[3] == "B"
    assert await alone == "A"
    assert loading.begun == [["a", "b", "missing"]]


async def test_what_is_loaded_already_is_not_loaded_again_with_others():
    loading = Loading()
    loading.gate.set()
    await loading.loader.load("a")

    assert await (await loading.waiting_together("a", "b")) == ["A", "B"]
    assert await (await loading.waiting_together("a", "b")) == ["A", "B"]
    assert await (await loading.waiting_together()) == []
    assert loading.begun == [["a"], ["b"]]


async def test_keys_that_were_loaded_together_are_left_together():
    loading = Loading()
    together = await loading.waiting_together("a", "b", "c")
    together.cancel()
    await asyncio.sleep(0.01)

    assert together.cancelled()
    assert loading.begun == loading.ended == [["a", "b", "c"]]


async def test_when_those_leave_who_loaded_keys_together_the_others_have_theirs_loaded_again():
    loading = Loading()
    together = await loading.waiting_together("a", "b", "c")
    (other,) = await loading.waiting("b", 1)
    together.cancel()
    await asyncio.sleep(0.01)
    loading.gate.set()

    assert await other == "B"
    assert loading.begun == [["a", "b", "c"], ["b"]]


async def test_one_of_the_same_batch_who_stays_keeps_it():
    loading = Loading()
    stays = asyncio.ensure_future(loading.loader.load("a"))
    together = await loading.waiting_together("b", "c")
    together.cancel()
    await asyncio.sleep(0.01)
    loading.gate.set()

    assert await stays == "A"
    assert loading.begun == [["a", "b", "c"]]


async def test_a_field_that_is_lost_with_another_is_all_that_is_lost(monkeypatch):
    runs, totals_fail, others_wait = Runs(cache_url="none://"), asyncio.Event(), asyncio.Event()
    runs.source.listed = (invoice("G1", is_whole=False),)
    runs.source.documents["G9"] = invoice("G9", amends_of="G1")
    read = runs.source.invoice

    async def failing(_count, work, *arguments):
        if work is not totals:
            return work(*arguments)
        await totals_fail.wait()
        raise ValueError("a fault of ours")

    async def slow(about, invoice_id):
        if invoice_id == "G1":
            await others_wait.wait()
        return await read(about, invoice_id)

    monkeypatch.setattr("gateway.schema.connection._over", failing)
    monkeypatch.setattr(runs.source, "invoice", slow)
    with capture_logs():
        running = asyncio.create_task(runs.run(LOST))
        await asyncio.sleep(0.02)
        totals_fail.set()
        await asyncio.sleep(0.02)
        others_wait.set()
        answer = await running

    assert answer["data"] == {"invoices": None, "invoice": {"amendedInvoice": {"id": "G1"}}}
    assert [error["path"] for error in answer["errors"]] == [["invoices", "totals"]]
