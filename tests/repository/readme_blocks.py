"""README.md's fenced blocks, by the section that they stand in.

`python -m tests.repository.readme_blocks "Try it" 0` prints the first of a section. Needs nothing installed.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```(\w*)$")


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        section: the heading of the second level above it; empty before the first.
        language: as the fence says.
        text: without the fences.
    """

    section: str
    language: str
    text: str


def blocks(readme: str) -> list[Block]:
    """All of them, in order.

    Raises:
        ValueError: one is not closed.
    """
    return list(_blocks(readme))


def _blocks(readme: str) -> Iterator[Block]:
    section, language, lines = "", None, list[str]()
    for line in readme.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if language is not None:
            if line == "```\n":
                yield Block(section, language, "".join(lines))
                language, lines = None, []
            else:
                lines.append(line)
        elif fence:
            language = fence[1]
        elif line.startswith("## "):
            section = line.removeprefix("## ").strip()
    if language is not None:
        raise ValueError(f"a block under {section} is not closed")


if __name__ == "__main__":
    _section, _number = sys.argv[1:]
    _found = [block for block in blocks(Path("README.md").read_text(encoding="utf-8")) if block.section == _section]
    print(_found[int(_number)].text, end="")
