"""A folder in which a recipe is carried out as if by its reader, with packages of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.clients.recipes import ADDRESS, Recipe

_HERE = Path(__file__).parent
_SCHEMA = _HERE.parents[1] / "schema.graphql"

# A recipe names the versions of what it asks for. What those need is taken as it was on this day.
_NPM = {
    "NPM_CONFIG_BEFORE": "2026-11-25",
    "NPM_CONFIG_AUDIT": "false",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_IGNORE_SCRIPTS": "true",
    "NPM_CONFIG_LOGLEVEL": "error",
    "NPM_CONFIG_PREFER_OFFLINE": "true",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
_PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "2", "PIP_CONSTRAINT": str(_HERE / "constraints.txt")}
_TIMEOUT_S = 600


def further_folder(recipe: Recipe) -> Path:
    """What is done with what the recipe made, where that is not what is done with most: a script named check."""
    return _HERE / "further" / re.sub(r"\W+", "-", recipe.name.lower())


class Workplace:
    """The recipe's files, the schema, and what is done with them beyond the recipe.

    Args:
        recipe: whose files they are.
        folder: an empty one.
        address: of the gateway, in the place of the recipes' own.
    """

    def __init__(self, recipe: Recipe, folder: Path, address: str) -> None:
        self._recipe = recipe
        self._folder = folder
        self._address = address
        self._environment = os.environ | _NPM | _PIP
        for file in (_SCHEMA, _HERE / "exact.mjs", _HERE / "exact.py"):
            shutil.copy(file, folder)
        beyond = further_folder(recipe)
        if beyond.is_dir():
            shutil.copytree(beyond, folder, dirs_exist_ok=True)
        # npm would look for one in the folders above.
        (folder / "package.json").write_text('{"private": true}')
        for name, text in recipe.files.items():
            (folder / name).write_text(self._addressed(text), encoding="utf-8")
        if recipe.is_python:
            subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
            self._environment["PATH"] = f"{folder / 'venv' / 'bin'}{os.pathsep}{self._environment['PATH']}"

    @property
    def further(self) -> str:
        """Commands that try what the recipe made: its own `check`, or whether what it reads is exact."""
        if (self._folder / "check").exists():
            return "bash -euo pipefail check"
        program, file = self._recipe.last_command.split()
        return f"node exact.mjs {file}" if program == "node" else f"python exact.py {Path(file).stem}"

    def run(self, commands: str, **variables: str) -> str:
        """What they print; the first that fails ends them.

        Args:
            commands: lines of a shell.
            variables: of their environment, besides this process's own.

        Raises:
            subprocess.CalledProcessError: one failed, or they took too long.
        """
        # timeout ends what they started, too.
        shell = ["timeout", "--kill-after=5", str(_TIMEOUT_S), "bash", "-euo", "pipefail", "-c"]
        ended = subprocess.run(
            [*shell, self._addressed(commands)],
            cwd=self._folder,
            env=self._environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(re.sub(r"\x1b\[\d*m", "", ended.stdout), end="", flush=True)
        ended.check_returncode()
        return ended.stdout

    def _addressed(self, text: str) -> str:
        return text.replace(ADDRESS, self._address)
