"""Writes the Python of a compiled selection: functions from a value to response data, and the constants they use.

The text is made of names that are given here, of constants' names, and of texts quoted by `repr`; nothing of a
document stands in it otherwise.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

Function = Callable[..., Any]


class Functions:
    """Functions that call each other, written down and then made all at once."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._constants: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._lines: list[str] = []

    def constant(self, value: Any) -> str:
        """The name by which functions know a value."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"k{next(self._numbers)}"
            self._constants[name] = value  # Kept, so no other value gets its identity.
        return name

    def name(self) -> str:
        """A name that nothing has yet, neither function nor variable."""
        return f"f{next(self._numbers)}"

    def define(self, name: str, parameters: str, body: Iterable[str]) -> None:
        """Write a function.

        Args:
            name: from `name`.
            parameters: as they stand between its brackets.
            body: its lines, indented from the first level on.
        """
        self._lines += [f"def {name}({parameters}):", *(f" {line}" for line in body)]

    def made(self, name: str) -> Function:
        """One of the functions, with all that it calls."""
        namespace = dict(self._constants)
        # See above for what the text is made of.
        exec(compile("\n".join(self._lines), "<compiled selection>", "exec"), namespace)  # noqa: S102
        function: Function = namespace[name]
        return function
