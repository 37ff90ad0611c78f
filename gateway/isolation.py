"""Batches in which a fault of ours over one key is that key's alone, and who leaves takes nothing from others."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from strawberry.dataloader import AbstractCache, Batch, DataLoader, LoaderTask, get_current_batch
from typing_extensions import override

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

Load = Callable[[Sequence[K]], Coroutine[Any, Any, list[T | BaseException]]]


def isolating(load: Load[K, T]) -> "Loader[K, T]":
    """A loader of batches that, where loading one raises, loads its keys one by one.

    What a key comes to is then the same whatever else was asked for at the same time.

    Args:
        load: gives an answer for each key, an error that is expected in the place of its own. It is asked again for
            keys that it has failed over, so what it loads is to be kept elsewhere.
    """
    return Loader(partial(_loaded, load))


class _Begun(dict[K, asyncio.Future[T]], AbstractCache[K, T]):
    """What a loader has begun, by key. Strawberry's own looks for a function of the key first, each time."""

    @override
    def set(self, key: K, value: asyncio.Future[T]) -> None:
        self[key] = value

    @override
    def delete(self, key: K) -> None:
        del self[key]


class Loader(DataLoader[K, T]):
    """Strawberry's, but that those who wait for one key do not have one future in common.

    graphql-core cancels fields that are lost with another one, and with a field what it waits for: other fields, which
    are not lost, would be cancelled with it, and with them the operation. The first to ask has the batch's future,
    which its leaving cancels; whoever waits for the same has it loaded again then.

    Args:
        load: gives an answer for each key, or the error in its place.

    Attributes:
        begun: what is loaded, or has been, by key.
    """

    def __init__(self, load: Callable[[list[K]], Coroutine[Any, Any, list[T | BaseException]]]) -> None:
        self.begun: dict[K, asyncio.Future[T]] = _Begun()
        super().__init__(load, cache_map=self.begun)

    @override
    def load(self, key: K) -> Awaitable[T]:
        begun = self.begun.get(key)
        if begun is None or begun.done():
            if begun is not None and begun.cancelled():
                # Its batch may end with it, even before it begins: what is loaded again is not to be in that.
                self.batch = None
            return super().load(key)
        mine: asyncio.Future[T] = self.loop.create_future()
        begun.add_done_callback(partial(self._hand_on, key, mine))
        return mine

    def load_all(self, keys: Iterable[K]) -> list[asyncio.Future[T]]:
        """As `load` of each, in a third of the time. Whoever leaves one of them leaves them all."""
        begun, loop = self.begun, self.loop
        batch: Batch[K, T] | None = None
        loading: list[Any] = []  # Futures, of which Strawberry says that they can be awaited, and no more.
        for key in keys:
            if key in begun:
                loading.append(self.load(key))
                continue
            future = begun[key] = loop.create_future()
            if batch is None:
                batch = get_current_batch(self)
            batch.tasks.append(LoaderTask(key, future))
            loading.append(future)
        if batch is not None:
            # It ends when all that it is for have left. These leave together, so that one of them is watched for all.
            last = batch.tasks.pop()
            batch.add_task(last.key, last.future)
        return loading

    def _hand_on(self, key: K, mine: asyncio.Future[T], begun: asyncio.Future[T]) -> None:
        if mine.done():
            return
        if begun.cancelled():
            again = asyncio.ensure_future(self.load(key))
            again.add_done_callback(partial(self._hand_on, key, mine))
            mine.add_done_callback(lambda _mine: again.cancel())
            return
        error = begun.exception()
        if error is None:
            mine.set_result(begun.result())
        else:
            mine.set_exception(error)


class OnFirstUse(Generic[K, T]):
    """An attribute that is a loader, made when it is first asked for: most operations need one or two of many.

    Args:
        load: a method of the class that the attribute is of, whose subclasses may have another of its name.
    """

    def __init__(self, load: Callable[[Any, Sequence[K]], Coroutine[Any, Any, list[T | BaseException]]]) -> None:
        self._load = load.__name__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: object, _owner: type) -> Loader[K, T]:
        if not vars(loaders):
            raise AttributeError(f"{self._name}: these loaders have ended")
        # From now on it is found before this is asked.
        made: Loader[K, T] = isolating(getattr(loaders, self._load))
        vars(loaders)[self._name] = made
        return made


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
