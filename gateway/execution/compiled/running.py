"""One run of a compiled operation: what its functions are handed, and the fields that have to be waited for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from gateway.execution.compiled.variables import Variables
from gateway.schema.context import Context

Path = tuple[Any, str | int] | None
"""Where a value stands in the response: the path of what it is a part of, and its name or index in it."""


Complete = Callable[[Any, "Run", Path], Any]
"""Makes response data of a value."""


class SurpriseError(Exception):
    """A value is not what the schema promises: graphql-core is to judge it."""


class FieldInfo(msgspec.Struct, eq=False):
    """What a resolver may ask of its field: what `strawberry.Info` gives of `context` and `path`, and nothing else.

    One is made for each field with a resolver, so it is of the kind that is made fastest.
    """

    context: Context
    _path: Path

    @property
    def path(self) -> "FieldInfo":
        return self

    def as_list(self) -> list[str | int]:
        """The field's path from the root on, as graphql-core's `Path` gives it."""
        keys: list[str | int] = []
        path = self._path
        while path is not None:
            path, key = path
            keys.append(key)
        return keys[::-1]


class Deferred(msgspec.Struct, eq=False):
    """A field whose resolver has to wait.

    Attributes:
        value: what its resolver brings.
        into: the object that the field is of.
        names: under which it stands there. Several, where several fields ask for the same.
        complete: makes response data of it.
        path: of the field.
    """

    value: Coroutine[Any, Any, Any]
    into: dict[str, Any]
    names: tuple[str, ...]
    complete: Complete
    path: Path


class Run:
    """A run, or the part of it below a field that had to be waited for.

    Args:
        context: of the operation.
        variables: of the request.
    """

    __slots__ = ("_deferred", "context", "variables")

    def __init__(self, context: Context, variables: Variables) -> None:
        self.context = context
        self.variables = variables
        self._deferred: list[Deferred] = []

    def later(self, *deferred: Any) -> None:
        """Leave a field for `complete`; the arguments are those of `Deferred`."""
        self._deferred.append(Deferred(*deferred))

    async def complete(self, complete: Complete, value: Any, path: Path) -> Any:
        """Response data of a value, with everything in it that had to be waited for.

        What is below one field does not wait for another, as in graphql-core: loaders then batch alike.

        Raises:
            Exception: something did not go as the function knows it; nothing of the run is left under way.
        """
        data = self._begun(complete, value, path)
        if self._deferred:
            await self._filling_in()
        return data

    def _begun(self, complete: Complete, value: Any, path: Path) -> Any:
        """Response data in which the fields that had to be waited for are still to be filled in."""
        try:
            return complete(value, self, path)
        except BaseException:
            for each in self._deferred:
                each.value.close()
            raise

    def _filling_in(self) -> Coroutine[Any, Any, None]:
        return self._fill_in(self._deferred[0]) if len(self._deferred) == 1 else self._fill_in_all()

    async def _fill_in_all(self) -> None:
        outcomes = await asyncio.gather(*map(self._fill_in, self._deferred), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _fill_in(self, deferred: Deferred) -> None:
        below = Run(self.context, self.variables)
        data = below._begun(deferred.complete, await deferred.value, deferred.path)
        if below._deferred:
            await below._filling_in()
        for name in deferred.names:
            deferred.into[name] = data
