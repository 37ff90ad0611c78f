"""This while: a whole answer is given again for as long as every part of it is fresh, to its own scope alone."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError
from gateway.freshness import CacheControl
from tests.execution.runs import CHARGED, Runs, invoice

pytestmark = pytest.mark.anyio

LINKED = '{invoice(id: "G1") {pdfDownloadLink}}'
BOTH = '{a: invoice(id: "G1") {id} b: invoice(id: "G2") {id}}'


async def test_an_answer_is_given_again_until_its_fresh_window_ends():
    runs = Runs()
    before = runs.kept()
    assert await runs.run() == CHARGED

    runs.clock.now_s += 59.9
    assert (before, runs.kept()) == (None, CHARGED)
    runs.clock.now_s += 0.1
    assert runs.kept() is None
    assert runs.source.calls == ["G1"]


async def test_the_first_part_to_end_ends_the_answer():
    runs = Runs()
    await runs.run(key=b"another")
    runs.clock.now_s += 40
    await runs.run(BOTH)

    runs.clock.now_s += 19.9
    assert runs.kept() == {"data": {"a": {"id": "G1"}, "b": {"id": "G2"}}}
    runs.clock.now_s += 0.1
    assert runs.kept() is None


@pytest.mark.parametrize("compiles", [True, False])
async def test_a_pdf_link_ends_the_answer_five_minutes_before_it_ceases_to_work(compiles):
    runs = Runs(windows=(3600, 0, 0), compiles=compiles)
    expires_at = datetime.fromtimestamp(runs.clock.now_s, UTC) + timedelta(minutes=30)
    runs.source.documents["G1"] = invoice(pdf_download_link="/pdf", pdf_download_link_expires_at=expires_at)
    for _ in range(2):
        await runs.run(LINKED)

    runs.clock.now_s += 25 * 60 - 1
    assert runs.kept() == {"data": {"invoice": {"pdfDownloadLink": "/pdf"}}}
    runs.clock.now_s += 1
    assert runs.kept() is None


async def test_another_scope_has_no_part_in_it():
    runs = Runs()
    await runs.run(identity="token-1")

    assert runs.kept(identity="token-2") is None


async def test_another_request_has_no_part_in_it():
    runs = Runs()
    await runs.run()

    assert runs.kept(key=b"the request ") is None


@pytest.mark.parametrize("asked", [CacheControl(no_cache=True), CacheControl(max_age_s=9)], ids=["no-cache", "max-age"])
async def test_who_wants_it_newer_does_not_get_it(asked):
    runs = Runs()
    await runs.run()
    runs.clock.now_s += 10

    assert runs.kept(cache_control=asked) is None
    assert runs.kept(cache_control=CacheControl(max_age_s=10, only_if_cached=True)) == CHARGED


async def test_its_age_is_that_of_its_oldest_part():
    runs = Runs()
    await runs.run(key=b"another")
    runs.clock.now_s += 10
    await runs.run()

    assert runs.kept(cache_control=CacheControl(max_age_s=9.9)) is None
    assert runs.kept(cache_control=CacheControl(max_age_s=10)) == CHARGED


async def test_an_answer_with_an_error_is_not_kept():
    runs = Runs()
    runs.source.documents["G2"] = UpstreamUnavailableError("down")
    answer = await runs.run(BOTH)

    assert [error["path"] for error in answer["errors"]] == [["b"]]
    assert runs.kept() is None


async def test_a_request_that_cannot_run_is_not_kept():
    runs = Runs()
    await runs.run("{nothing}")

    assert runs.kept() is None


async def test_a_stale_answer_is_not_kept():
    runs = Runs(windows=(10, 60, 60))
    await runs.run(key=b"another")
    runs.clock.now_s += 20
    answer = await runs.run()

    assert answer["extensions"]["freshness"][0]["reason"] == "RENEWING"
    assert runs.kept() is None


async def test_nothing_is_kept_where_no_answer_is():
    runs = Runs(cache_url="none://")
    await runs.run()
    await runs.run()

    assert runs.kept() is None
    assert runs.source.calls == ["G1", "G1"]


async def test_a_refusal_ends_the_answers_of_its_scope():
    runs = Runs()
    await runs.run(identity="token-1")
    await runs.run(identity="token-2")
    runs.source.documents["G2"] = UnauthenticatedError("no")
    await runs.run('{invoice(id: "G2") {id}}', key=b"another", identity="token-1")

    assert runs.kept(identity="token-1") is None
    assert runs.kept(identity="token-2") == CHARGED


async def test_an_answer_that_was_made_while_its_scope_was_refused_is_not_kept(monkeypatch):
    runs = Runs()
    going_on, read = asyncio.Event(), runs.source.invoice

    async def slow(about, invoice_id):
        if invoice_id == "G1":
            await going_on.wait()
        return await read(about, invoice_id)

    monkeypatch.setattr(runs.source, "invoice", slow)
    making = asyncio.create_task(runs.run())
    await asyncio.sleep(0.01)
    runs.source.documents["G2"] = UnauthenticatedError("no")
    await runs.run('{invoice(id: "G2") {id}}', key=b"another")
    going_on.set()

    assert await making == CHARGED
    assert runs.kept() is None


async def test_an_invoice_that_was_read_anew_before_its_time_ends_the_answers_with_the_old_one():
    runs = Runs()
    await runs.run()
    runs.clock.now_s += 6
    runs.source.documents["G1"] = invoice(total_charges=None)
    anew = await runs.run(key=b"another", cache_control=CacheControl(no_cache=True))

    assert anew == {"data": {"invoice": {"id": "G1", "totalCharges": None}}}
    assert runs.kept() is None


async def test_an_answer_that_was_being_made_of_the_old_invoice_is_not_kept(monkeypatch):
    runs = Runs()
    await runs.run(key=b"before")
    runs.clock.now_s += 6
    going_on, read = asyncio.Event(), runs.source.invoice

    async def slow(about, invoice_id):
        if invoice_id == "G2":
            await going_on.wait()
        return await read(about, invoice_id)

    monkeypatch.setattr(runs.source, "invoice", slow)
    making = asyncio.create_task(runs.run(BOTH))
    await asyncio.sleep(0.01)
    await runs.run(key=b"anew", cache_control=CacheControl(no_cache=True))
    going_on.set()

    assert await making == {"data": {"a": {"id": "G1"}, "b": {"id": "G2"}}}
    assert runs.source.calls == ["G1", "G1", "G2"]
    assert runs.kept() is None


async def test_answers_have_a_room_of_their_own_and_the_least_used_go_first():
    runs = Runs(answers_max_bytes=4 * 1024)
    for number in range(10):
        await runs.run(key=b"%d" % number)
        runs.kept(key=b"0")

    assert [number for number in range(10) if runs.kept(key=b"%d" % number)] == [0, 8, 9]
    assert runs.source.calls == ["G1"]
