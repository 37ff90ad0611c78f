"""What README.md says that the code or a command can check."""

import re
import subprocess

import pytest

from gateway.settings import Settings
from tests.repository.readme_tables import TABLES, block, renewed, settings_table
from tests.repository.tree import ROOT

TEST_COMMAND = (
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest -n 2 --dist worksteal"
)


@pytest.fixture(scope="module")
def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def extracted(text):
    """What .ci/run would run for this README."""
    command = ["awk", "-f", str(ROOT / ".ci" / "test_command.awk")]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_ci_runs_the_readmes_test_command(readme):
    found = extracted(readme)

    assert found.returncode == 0
    assert found.stdout == f"{TEST_COMMAND}\n"
    assert "test_command.awk README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "## Test\n\nRun it.\n",
        "## Test\n```sh\n```\n",
        "## Test\n```sh\none\ntwo\n```\n",
        "## Run\n```sh\none\n```\n## Test\n## Next\n```sh\none\n```\n",
        "```sh\n## Test\n```\n```sh\none\n```\n",
    ],
    ids=["no text", "no block", "no line", "two lines", "another section", "a heading that is none"],
)
def test_ci_fails_without_exactly_one_test_command(text):
    assert extracted(text).returncode == 1


def test_ci_takes_the_first_block_of_the_section():
    text = "# A\n```sh\n## Test\nno\n```\n## Test\n```json\nno\n```\n```sh\nyes\n```\n### More\n```sh\nno\n```\n"

    assert extracted(text).stdout == "yes\n"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_the_code_says(readme, name):
    assert block(readme, name) == TABLES[name](), "python tests/repository/readme_tables.py --write renews it"


def test_writing_the_tables_changes_nothing_else():
    metrics = "<!-- metrics -->\n<!-- /metrics -->\n"
    text = (
        f"# A\n<!-- settings -->\n<!-- /settings -->\nbetween\n<!-- errors -->\nold\n<!-- /errors -->\nend\n{metrics}"
    )

    once = renewed(text)

    assert renewed(once) == once
    assert re.sub(r"(?m)^(\|.*)?\n", "", once).splitlines() == [
        *("# A", "<!-- settings -->", "<!-- /settings -->", "between", "<!-- errors -->", "<!-- /errors -->", "end"),
        *("<!-- metrics -->", "<!-- /metrics -->"),
    ]


@pytest.mark.parametrize("text", ["", "<!-- errors -->\n<!-- /errors -->\n" * 2])
def test_a_missing_or_double_marker_is_refused(text):
    with pytest.raises(ValueError, match="must have <!-- errors -->"):
        block(text, "errors")


def test_defaults_are_written_as_a_person_writes_them():
    cells = [line.split(" | ")[:2] for line in settings_table().splitlines()]
    defaults = {variable.removeprefix("| "): default for variable, default in cells}

    assert defaults["`GATEWAY_PORT`"] == "`8000`"
    assert defaults["`GATEWAY_CACHE_MAX_BYTES`"] == "`16 MiB`"
    assert defaults["`GATEWAY_LOCALE`"] == ""


def test_a_written_default_is_taken_as_a_value(monkeypatch):
    rows = [line.strip("| ").split(" | ") for line in settings_table().splitlines()[2:]]
    for variable, default, *_meaning in rows:
        monkeypatch.setenv(variable.strip("`"), default.strip("`"))

    assert Settings.read() == Settings()
