"""Answers that were asked for together, and arrive one by one."""

from collections.abc import AsyncGenerator
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Arriving(Protocol[T_co]):
    """Several answers under way. Nothing is asked before the first is waited for."""

    def arrivals(self) -> AsyncGenerator[tuple[int, T_co | Exception], None]:
        """Each as soon as it is there, or why it will not be, by its place among those asked for.

        Once only. Whoever ends it before its end (`aclose`) leaves all that have not arrived.
        """
        ...

    def leave(self, place: int) -> None:
        """One is not wanted any more. It does not arrive, or has."""
        ...
