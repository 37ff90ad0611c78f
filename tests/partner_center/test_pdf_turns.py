"""Whose PDF is read next, where some take long to be read."""

import asyncio
import time

import pytest

from gateway.operation import Deadline
from gateway.partner_center.pdfs import Pdfs
from gateway.partner_center.tries import Call
from gateway.pdf import Pdf

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("concurrency", "of_one", "of_others"), [(16, 3, 1), (8, 1, 1), (4, 1, 0)])
async def test_slow_readers_of_one_tenant_leave_a_turn_to_others(concurrency, of_one, of_others):
    pdfs = Pdfs(concurrency=concurrency, max_bytes=1)
    reading = []

    async def hang(_path, call):
        reading.append(call.lane)
        await asyncio.sleep(30)

    def read(lane):
        ends_by_s = time.monotonic() + 30
        call = Call(lane, "statement", 1, ends_by_s, ends_by_s, is_good_later=False)
        return asyncio.create_task(pdfs.pass_on(Pdf("G1"), None, call, Deadline.after(30), hang))

    tasks = [read(lane) for lane in ["one"] * 5 + ["other"]]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert reading[: of_one + of_others] == ["one"] * of_one + ["other"] * of_others
    assert len(reading) == of_one + of_others
