"""A fault of ours over one key of a batch is that key's alone."""

import asyncio

import pytest

from gateway.isolation import OnFirstUse, isolating
from gateway.outcomes import outcomes_of

pytestmark = pytest.mark.anyio


def load_of(batches):
    async def load(keys):
        batches.append(list(keys))
        if "bad" in keys:
            raise ValueError("a fault of ours")
        return [LookupError(key) if key == "missing" else key.upper() for key in keys]

    return load


async def test_a_batch_without_fault_is_loaded_once():
    batches = []
    loader = isolating(load_of(batches))
    answers = await outcomes_of([loader.load(key) for key in ("a", "missing", "b")])

    assert [answers[0], type(answers[1]), answers[2]] == ["A", LookupError, "B"]
    assert batches == [["a", "missing", "b"]]


async def test_a_key_that_a_batch_fails_over_fails_alone():
    batches = []
    loader = isolating(load_of(batches))
    answers = await outcomes_of([loader.load(key) for key in ("a", "bad", "b")])

    assert [answers[0], type(answers[1]), answers[2]] == ["A", ValueError, "B"]
    assert batches == [["a", "bad", "b"], ["a"], ["bad"], ["b"]]


async def test_outcomes_that_nobody_waits_for_any_more_are_cancelled():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(3)]
    futures[0].set_result("there")
    waiting = asyncio.create_task(outcomes_of(futures))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))

    assert waiting.cancelled()
    assert [future.cancelled() for future in futures] == [False, True, True]


async def test_a_cancelled_one_is_an_error_in_its_place():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(2)]
    futures[0].cancel()
    futures[1].set_result(2)
    first, second = await outcomes_of(futures)

    assert (type(first), second) == (asyncio.CancelledError, 2)


class _Shouting:
    def __init__(self):
        self.batches = []

    async def _load(self, keys):
        self.batches.append(list(keys))
        return [key.upper() for key in keys]

    shouted = OnFirstUse(_load)


class _Whispering(_Shouting):
    async def _load(self, keys):
        return [key.lower() for key in await super()._load(keys)]


async def test_a_loader_is_made_once_and_by_what_a_subclass_has_in_its_place():
    loaders = _Whispering()

    assert await outcomes_of([loaders.shouted.load(key) for key in ("a", "b", "a")]) == ["a", "b", "a"]
    assert loaders.batches == [["a", "b"]]


async def test_loaders_that_have_ended_make_none():
    loaders = _Shouting()
    vars(loaders).clear()

    with pytest.raises(AttributeError, match="shouted"):
        _ = loaders.shouted
