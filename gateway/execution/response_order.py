"""The order in which an answer tells of its parts: that of the response, whatever came first as it was made."""

from collections.abc import Callable, Sequence
from typing import Any

Path = Sequence[str | int]


def response_order(data: Any) -> Callable[[Path], tuple[int, ...]]:
    """The key by which paths are sorted: the places of their names and indices in a response, as far as it goes.

    Args:
        data: of the response. Below a null there are no places any more.
    """
    places: dict[int, dict[str, int]] = {}

    def key(path: Path) -> tuple[int, ...]:
        found: list[int] = []
        inner = data
        for name in path:
            if isinstance(inner, dict) and name in inner:
                names = places.setdefault(id(inner), {})
                if not names:
                    names.update((each, place) for place, each in enumerate(inner))
                found.append(names[str(name)])
            elif isinstance(inner, list) and isinstance(name, int) and name < len(inner):
                found.append(name)
            else:
                break
            inner = inner[name]
        return tuple(found)

    return key
