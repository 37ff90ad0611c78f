"""Lets Schemathesis make up queries from a running demo's schema, valid ones and invalid ones.

`python -m tests.audits.schema_fuzz [EXAMPLES]` ends with 0 where no answer is a server's error, breaks the schema, or
takes an invalid query for a valid one. 1000 examples for each root field take about a minute.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.gateway_process import GatewayProcess

EXAMPLES = 1000


def main(examples: int = EXAMPLES) -> int:
    beside_python = Path(sys.executable).with_name("schemathesis")
    schemathesis = shutil.which("schemathesis", path=str(beside_python.parent)) or shutil.which("schemathesis")
    if schemathesis is None:
        print("schemathesis is not installed: pip install '.[test]'", file=sys.stderr)
        return 1
    demo = GatewayProcess("demo", "--port", "0")
    try:
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run(
                [
                    schemathesis,
                    "run",
                    f"{demo.url}/graphql",
                    f"--max-examples={examples}",
                    # A query is refused for what a schema cannot say: the form of an id, `first` without `last`.
                    "--exclude-checks=positive_data_acceptance",
                    "--generation-database=none",
                    "--no-color",
                ],
                cwd=folder,
                check=False,
                timeout=600,
            )
    finally:
        demo.stop()
    if "Traceback" in demo.output:
        print(demo.output)
        return 1
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
