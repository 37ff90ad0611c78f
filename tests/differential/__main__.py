"""Compiled execution against graphql-core, for as many cases as there is time for.

`python -m tests.differential --cases 100000 --seed 7`, from the repository's folder. It tells what was run and every
difference, the smallest of each, and exits with 1 where there is one. `--seed 7 --first 12 --cases 1` runs the
session `7:12` alone.
"""

import argparse
import sys
import time

from tests.differential.arms import turned_loop
from tests.differential.comparison import Census, compare
from tests.differential.report import told
from tests.differential.sessions import Session

_MOST_TOLD = 5
_SECONDS_BETWEEN_LINES = 10.0


def run(seed: int, first: int, cases: int) -> int:
    """The number of differences."""
    census = Census()
    differences = 0
    number = first
    told_at_s = begun_s = time.monotonic()
    with turned_loop() as loop:
        while census.cases < cases:
            session = Session(f"{seed}:{number}")
            number += 1
            found = compare(session, loop, census)
            if found is not None:
                differences += 1
                if differences <= _MOST_TOLD:
                    print(told(session, found, loop), "\n", flush=True)
            if time.monotonic() - told_at_s > _SECONDS_BETWEEN_LINES:
                told_at_s = time.monotonic()
                print(f"{census.cases} cases, {number - first} sessions, {differences} differences", flush=True)
    _print_census(census)
    print(
        f"\nseed {seed}, sessions {first} to {number - 1}, {time.monotonic() - begun_s:.0f} s: "
        f"{census.cases} cases, {differences} differences"
    )
    return differences


def _print_census(census: Census) -> None:
    for outcome, count in census.outcomes.most_common():
        print(f"{count / census.cases:7.2%}  {outcome}")
    print(f"{census.documents} documents, {1 - census.unread / census.documents:.1%} of them valid and within limits")
    if census.compiled is None:
        print("The executor does not tell what it has compiled.")
    else:
        print(f"{census.compiled / census.cases:.1%} ran compiled; {census.cases - census.compiled} by graphql-core.")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.differential", description="Compiled execution against graphql-core."
    )
    parser.add_argument("--cases", type=int, default=100_000, help="operations to run, at least (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="draws all of it (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first session (%(default)s)")
    options = parser.parse_args()
    return 1 if run(options.seed, options.first, options.cases) else 0


if __name__ == "__main__":
    sys.exit(main())
