"""README.md's recipes for clients, as its reader would carry them out.

A recipe is a folded block (`<details>`) of the section "Clients". Its `sh` block is what to run; each other block is a
file, whose name its first line says in a comment. One named "CLIENT: VARIANT" has only what is not as in CLIENT.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "http://127.0.0.1:8000"

_README = Path(__file__).parents[2] / "README.md"
_SECTION = re.compile(r"^## Clients\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_RECIPE = re.compile(r"^<details>\n<summary>(.+?)</summary>\n(.*?)^</details>$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE_NAME = re.compile(r"(?://|#) (\S+)\n")


@dataclass(frozen=True)
class Recipe:
    """How one client is used.

    Attributes:
        name: the client's.
        commands: lines of a shell.
        files: text by name.
    """

    name: str
    commands: str
    files: dict[str, str]

    @property
    def preparation(self) -> str:
        """All commands but the last."""
        return "".join(self.commands.splitlines(keepends=True)[:-1])

    @property
    def last_command(self) -> str:
        return self.commands.splitlines()[-1]

    @property
    def is_python(self) -> bool:
        return self.commands.startswith("pip ")


def section(text: str) -> str:
    """What stands under "Clients".

    Raises:
        ValueError: nothing does.
    """
    found = _SECTION.search(text)
    if not found:
        raise ValueError("README.md has no section Clients")
    return found[1]


def printed(text: str) -> str:
    """What every recipe prints: the section's first block of plain text."""
    return next(block for language, block in _BLOCK.findall(section(text)) if language == "text")


def recipes(text: str) -> list[Recipe]:
    """In the README's order.

    Raises:
        ValueError: a recipe has not exactly one `sh` block, or a file without a name.
    """
    found: dict[str, Recipe] = {}
    for name, body in _RECIPE.findall(section(text)):
        found[name] = _recipe(name, body, found.get(name.partition(": ")[0]))
    return list(found.values())


def readme() -> str:
    return _README.read_text(encoding="utf-8")


def _recipe(name: str, body: str, like: Recipe | None) -> Recipe:
    blocks = _BLOCK.findall(body)
    commands = [block for language, block in blocks if language == "sh"] or ([like.commands] if like else [])
    if len(commands) != 1:
        raise ValueError(f"the recipe {name} has {len(commands)} blocks of commands instead of one")
    files = dict(like.files) if like else {}
    for language, block in blocks:
        if language == "sh":
            continue
        named = _FILE_NAME.match(block)
        if not named:
            raise ValueError(f"a file of the recipe {name} does not begin with its name in a comment")
        files[named[1]] = block
    return Recipe(name, commands[0], files)
