"""The time between the signal that ends the process and its end."""

import dataclasses


@dataclasses.dataclass(slots=True)
class Drain:
    """How far the process has come on its way out; the server sets it, answers read it.

    Attributes:
        begun: the signal has come. `/readyz` says so, and each answer ends its connection.
        refuses: the listener is closed: what is under way is answered, new operations are not begun.
    """

    begun: bool = False
    refuses: bool = False
