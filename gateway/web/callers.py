"""How many callers are connected."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(slots=True)
class Callers:
    """Whom the server serves; it says so, metrics read it.

    Attributes:
        connections: how many there are now.
    """

    connections: Callable[[], int] = lambda: 0

    def connections_now(self) -> int:
        return self.connections()
