"""A request's headers."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class RequestHeaders:
    """A request's headers by their names, which are bytes in small letters, as ASGI has them.

    Starlette's walk through all headers for each one that they are asked for, ten times in a request.

    Args:
        raw: names and values, as they stand in an ASGI scope.
    """

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[bytes, list[str]] = {}
        for name, value in raw:
            self._values.setdefault(name, []).append(value.decode("latin-1"))

    def first(self, name: bytes, default: T) -> str | T:
        values = self._values.get(name)
        return values[0] if values else default

    def every(self, name: bytes) -> list[str]:
        return self._values.get(name) or []
