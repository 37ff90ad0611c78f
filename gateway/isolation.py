"""Batches in which a fault of ours over one key is that key's alone."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K")
T = TypeVar("T")

Load = Callable[[Sequence[K]], Coroutine[Any, Any, list[T | BaseException]]]


def isolating(load: Load[K, T]) -> DataLoader[K, T]:
    """A loader of batches that, where loading one raises, loads its keys one by one.

    What a key comes to is then the same whatever else was asked for at the same time.

    Args:
        load: gives an answer for each key, an error that is expected in the place of its own. It is asked again for
            keys that it has failed over, so what it loads is to be kept elsewhere.
    """
    return DataLoader(partial(_loaded, load))


async def _loaded(load: Load[K, T], keys: list[K]) -> list[T | BaseException]:
    try:
        return await load(keys)
    except Exception:  # noqa: BLE001 — each key is told its own.
        return [await _loaded_alone(load, key) for key in keys]


async def _loaded_alone(load: Load[K, T], key: K) -> T | BaseException:
    try:
        (answer,) = await load([key])
    except Exception as error:  # noqa: BLE001 — it takes the place of the answer.
        return error
    return answer
