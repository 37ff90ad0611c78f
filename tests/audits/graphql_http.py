"""Audits a running demo against the GraphQL-over-HTTP specification, with the audit of npm's graphql-http.

`python -m tests.audits.graphql_http` needs Node and npm; it installs the audit into a temporary folder. It ends with
0 where every audit is ok: a warning or a notice fails it too.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.e2e.gateway_process import GatewayProcess

PACKAGES = ("graphql-http@1.23.1", "graphql@16.15.0")
EXPECTED = {"ok": 61}
SCRIPT = Path(__file__).with_suffix(".mjs")


def main() -> int:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("graphql-http: Node and npm are needed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", *PACKAGES]
        (Path(folder) / "package.json").write_text('{"private": true}')
        subprocess.run(install, cwd=folder, check=True, timeout=300)
        # Node looks for packages beside the script.
        script = shutil.copy(SCRIPT, folder)
        demo = GatewayProcess("demo", "--port", "0")
        try:
            audited = subprocess.run(
                [node, script, f"{demo.url}/graphql"], check=True, timeout=120, capture_output=True, text=True
            )
        finally:
            demo.stop()
    report = json.loads(audited.stdout)
    for audit in report["others"]:
        print(f"{audit['status']} {audit['id']}: {audit['name']}: {audit['reason']}")
    print(f"graphql-http 1.23.1: {', '.join(f'{count} {status}' for status, count in report['counts'].items())}")
    return 0 if report["counts"] == EXPECTED else 1


if __name__ == "__main__":
    sys.exit(main())
