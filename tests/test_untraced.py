"""Coverage sees again what it was not to see for a while."""

import sys

from tests.untraced import untraced


def trace(*_event):
    return None


def test_a_block_is_not_traced_and_what_comes_after_it_is():
    with untraced():  # By coverage, which the rest would confuse.
        sys.settrace(trace)
        with untraced():
            inside = sys.gettrace()
        after = sys.gettrace()

    assert (inside, after) == (None, trace)
