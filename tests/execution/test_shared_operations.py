"""This moment: one run for all of a scope who ask the same at once."""

import asyncio
import json

import pytest

from gateway.errors import UpstreamUnavailableError
from gateway.freshness import CacheControl
from tests.execution.runs import CHARGED, ONE, Runs
from tests.fakes import operation

pytestmark = pytest.mark.anyio

TWO = '{a: invoice(id: "G1") {id} b: invoice(id: "G2") {id}}'


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


def asking(runs, document=ONE, **named):
    return asyncio.create_task(runs.run(document, **named))


async def test_64_identical_callers_cost_one_call_where_nothing_is_kept():
    runs = Runs(cache_url="none://")
    runs.source.gate.clear()
    asked = [asking(runs) for _ in range(64)]
    await settle()
    runs.source.gate.set()

    assert await asyncio.gather(*asked) == [CHARGED] * 64
    assert runs.source.calls == ["G1"]


@pytest.mark.parametrize(
    "other",
    [{"key": b"another"}, {"identity": "token-2"}, {"cache_control": CacheControl(max_age_s=5)}, {"key": None}],
    ids=["request", "scope", "wish", "no-key"],
)
async def test_who_asks_otherwise_has_a_run_of_its_own(other):
    runs = Runs(cache_url="none://")
    runs.source.gate.clear()
    asked = [asking(runs), asking(runs, **other)]
    await settle()

    assert runs.executor.running == (1 if other == {"key": None} else 2)
    runs.source.gate.set()
    assert await asyncio.gather(*asked) == [CHARGED] * 2


async def test_each_is_told_of_an_error_under_its_own_correlation_id():
    runs = Runs(cache_url="none://")
    runs.source.documents["G1"] = UpstreamUnavailableError("down")
    runs.source.gate.clear()
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(3)]
    asked = [asking(runs, correlation_id=each) for each in ids]
    await settle()
    runs.source.gate.set()
    answers = await asyncio.gather(*asked)

    assert [answer["errors"][0]["extensions"]["correlationId"] for answer in answers] == ids
    assert runs.source.calls == ["G1"]


async def test_that_the_first_had_no_money_is_nothing_to_those_who_joined():
    runs = Runs(cache_url="none://")
    asked = [asking(runs, TWO, calls=1), asking(runs, TWO, calls=2)]
    poor, rich = await asyncio.gather(*asked)

    assert {error["extensions"]["code"] for error in poor["errors"]} == {"UPSTREAM_BUDGET_EXCEEDED"}
    assert rich == {"data": {"a": {"id": "G1"}, "b": {"id": "G2"}}}


@pytest.mark.parametrize("deadlines_s", [(0.05, 10), (10, 0.05)], ids=["the-first", "who-joined"])
async def test_who_has_less_time_is_answered_in_it_and_the_other_gets_what_the_run_comes_to(deadlines_s):
    runs = Runs(cache_url="none://")
    runs.source.gate.clear()
    asked = {}
    for deadline_s in deadlines_s:
        asked[deadline_s] = asking(runs, deadline_s=deadline_s)
        await settle()
    hurried = await asked[0.05]
    await settle()
    runs.source.gate.set()

    assert hurried["errors"][0]["extensions"]["code"] == "UPSTREAM_TIMEOUT"
    assert await asked[10] == CHARGED


async def test_the_first_ones_leaving_does_not_end_the_others_run_and_the_last_ones_does():
    runs = Runs(cache_url="none://")
    runs.source.gate.clear()
    asked = [asking(runs) for _ in range(3)]
    await settle()
    asked[0].cancel()
    await settle()
    running_without_the_first = runs.executor.running
    for each in asked[1:]:
        each.cancel()
    await settle()

    assert (running_without_the_first, runs.executor.running) == (1, 0)


async def test_the_end_of_the_process_ends_what_runs():
    runs = Runs(cache_url="none://")
    runs.source.gate.clear()
    asked = asking(runs)
    await settle()
    await runs.executor.aclose()

    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_an_answer_is_the_same_bytes_for_all():
    runs = Runs(cache_url="none://")
    first, second = await asyncio.gather(runs.answer(), runs.answer())

    assert first.body is second.body
    assert json.loads(first.body) == CHARGED
    assert operation().correlation_id.encode() not in first.body
