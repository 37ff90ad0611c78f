"""A request's headers."""

from collections.abc import Sequence


class RequestHeaders(dict[bytes, bytes]):
    """The first value of each header by its name, which is in small letters, as ASGI has them.

    Starlette's walk through all headers for each one that they are asked for, ten times in a request.

    Args:
        raw: names and values, as they stand in an ASGI scope.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        super().__init__(reversed(raw))
        self._raw = raw

    def text(self, name: bytes) -> str:
        """The first value; empty where there is none."""
        return self.get(name, b"").decode("latin-1")

    def every(self, name: bytes) -> list[str]:
        """All values."""
        if name not in self:
            return []
        if len(self) == len(self._raw):
            return [self[name].decode("latin-1")]
        return [value.decode("latin-1") for each, value in self._raw if each == name]
