"""What coverage need not see."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def untraced() -> Iterator[None]:
    """Coverage does not see what this thread runs in the block, which then takes half of the time, or a third.

    For lines that run some thousand times, and that other tests show to be run. A test whose lines are all such is
    marked `untraced`, and left out of the traced run.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracing)
