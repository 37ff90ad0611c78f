"""Compares bandit's findings, as JSON on standard input, with a list of those that are meant so.

`bandit -r gateway -f json | python bandit_findings.py .ci/bandit_accepted` prints every other finding, and every entry
of the list that nothing needs any more; it ends with 0 where there is neither.
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(list_file: str) -> int:
    report: dict[str, Any] = json.load(sys.stdin)
    lines = [line for line in Path(list_file).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    accepted = {tuple(line.split(maxsplit=2)[:2]) for line in lines if len(line.split(maxsplit=2)) == 3}
    found = {(result["test_id"], Path(result["filename"]).as_posix()) for result in report["results"]}
    problems = [f"no reason is given: {line}" for line in lines if len(line.split(maxsplit=2)) < 3]
    problems += [
        f"{result['filename']}:{result['line_number']}: {result['test_id']} {result['issue_text']}"
        for result in report["results"]
        if (result["test_id"], Path(result["filename"]).as_posix()) not in accepted
    ]
    problems += [f"bandit does not find this any more: {' '.join(entry)}" for entry in sorted(accepted - found)]
    problems += [f"{error['filename']}: {error['reason']}" for error in report["errors"]]
    scanned = report["metrics"]["_totals"]["loc"]
    if not scanned:
        problems.append("bandit saw no code")
    for problem in problems:
        print(problem)
    print(f"bandit: {scanned} lines, {len(report['results'])} findings, {len(accepted)} entries of findings meant so")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
