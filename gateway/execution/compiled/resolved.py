"""A field with a resolver, as lines of Python: the call, and what becomes of what it brings."""

import dataclasses

from gateway.execution.compiled.completions import indented


@dataclasses.dataclass(frozen=True, slots=True)
class Resolved:
    """A field with a resolver.

    Attributes:
        names: under which it stands in the response; several where several fields ask for exactly the same.
        call: of the resolver, in Python. It may use the variable `at`, the field's path.
        complete: name of the function that makes response data of what it brings.
        at_once: lines that make it of the variable `found`, where there is nothing to wait for.
    """

    names: list[str]
    call: str
    complete: str
    at_once: list[str]

    def lines(self, coroutine: str) -> list[str]:
        """What puts the field into the object `made`, now or when its resolver has waited.

        Args:
            coroutine: name of the class of what has to be waited for.
        """
        names = tuple(self.names)
        return [
            f"at = (path, {names[0]!r})",
            f"found = {self.call}",
            f"if found.__class__ is {coroutine}: run.later(found, made, {names!r}, {self.complete}, at)",
            "else:",
            *indented([*self.at_once, *(f"made[{name!r}] = found" for name in names)]),
        ]
