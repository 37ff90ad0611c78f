"""What is not kept, as it is too large or had to make room, may stand in a kept answer all the same."""

import pytest

from gateway.cache import build_cache
from gateway.execution.executor import Executor
from gateway.freshness import CacheControl, Windows
from gateway.readings import Lifetimes
from gateway.schema import build_schema
from tests.execution.runs import CHARGED, KIB, Runs, invoice

pytestmark = pytest.mark.anyio


@pytest.fixture
def runs():
    """Keeps answers, and next to nothing of what they are made of."""
    runs = Runs()
    runs.cache = build_cache("memory://", 1, None, runs.clock, answers_max_bytes=64 * KIB)
    runs.executor = Executor(build_schema(), runs.source, runs.cache, Lifetimes(*[Windows(60)] * 4))
    return runs


async def test_who_wants_it_new_ends_the_answers_with_the_old_one(runs):
    await runs.run()
    runs.source.documents["G1"] = invoice(total_charges=None)
    anew = await runs.run(key=b"another", cache_control=CacheControl(no_cache=True))

    assert anew == {"data": {"invoice": {"id": "G1", "totalCharges": None}}}
    assert runs.kept() is None


async def test_who_just_does_not_find_it_does_not(runs):
    await runs.run()
    await runs.run(key=b"another")

    assert runs.kept() == runs.kept(key=b"another") == CHARGED
    assert runs.source.calls == ["G1", "G1"]
