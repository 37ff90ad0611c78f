"""Carries out README.md's recipes for clients against a running demo.

`python -m tests.clients` names them; `python -m tests.clients NAME` ends with 0 where that recipe, word for word but
for the demo's address, prints what the README says, and what it reads is exact. Packages come from their registries
into a temporary folder; JavaScript needs Node and npm.
"""

import re
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from tests.clients.recipes import printed, readme, recipes
from tests.clients.workplace import Workplace
from tests.e2e.gateway_process import GatewayProcess
from tests.e2e.ports import closed_port
from tests.e2e.waiting import wait_for

_TELL_TIMEOUT_S = 10


def main(*names: str) -> int:
    text = readme()
    by_name = {recipe.name: recipe for recipe in recipes(text)}
    if not names:
        print("\n".join(by_name))
        return 0
    recipe = by_name[names[0]]
    port = closed_port()
    with tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(recipe, Path(folder), f"http://127.0.0.1:{port}")
        # What only makes the client needs no gateway, and may make what the gateway reads at its start.
        workplace.run(recipe.preparation)
        with chdir(folder):
            demo = GatewayProcess("demo", "--auth", "service", "--port", str(port))
        try:
            wait_for(lambda: "Ctrl+C" in demo.output, _TELL_TIMEOUT_S)
            output = workplace.run(recipe.last_command, TOKEN=_token(demo))
            output += workplace.run(workplace.further, TOKEN=_token(demo))
        finally:
            demo.stop()
    if printed(text) not in output:
        print(f"{recipe.name} did not print what README.md says:\n{printed(text)}", file=sys.stderr)
        return 1
    return 0


def _token(demo: GatewayProcess) -> str:
    told = re.search(r"Bearer ([^']+)'", demo.output)
    if not told:
        raise RuntimeError(f"the demo told no token:\n{demo.output}")
    return told[1]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
