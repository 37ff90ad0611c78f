"""A request's headers."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class RequestHeaders:
    """A request's headers by their names, which are bytes in small letters, as ASGI has them.

    Starlette's walk through all headers for each one that they are asked for, ten times in a request.

    Args:
        raw: names and values, as they stand in an ASGI scope.
    """

    __slots__ = ("_first", "_has_each_once", "_raw")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._first = dict(reversed(raw))
        self._has_each_once = len(self._first) == len(raw)

    def first(self, name: bytes, default: T) -> str | T:
        value = self._first.get(name)
        return default if value is None else value.decode("latin-1")

    def every(self, name: bytes) -> list[str]:
        value = self._first.get(name)
        if value is None:
            return []
        if self._has_each_once:
            return [value.decode("latin-1")]
        return [value.decode("latin-1") for each, value in self._raw if each == name]
