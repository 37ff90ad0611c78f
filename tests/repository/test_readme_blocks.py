"""Every command of README.md is run by something, which takes it from there."""

from collections import Counter

import pytest

from tests.repository.readme_blocks import Block, blocks
from tests.repository.tree import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")

# By section, in the order of its blocks of commands: what runs each.
RUN_BY = {
    "Try it": [".ci/check_demo", ".ci/check_demo"],
    "Ask": ["tests/web/test_readme_commands.py", "tests/e2e/test_processes.py"],
    "Connect to Partner Center": ["tests/e2e/test_processes.py", "tests/e2e/test_sign_in_processes.py"],
    "Clients": ["tests/clients/__main__.py"] * 9,
    "Persisted queries and trusted documents": ["tests/web/test_readme_commands.py"] * 4,
    # Docker's steps one by one, and the manifest's lines: neither needs an engine or a cluster.
    "Run it": [".ci/check_image", ".ci/check_kubernetes"],
    "Test": [".ci/run"],
}


def test_every_block_of_commands_is_run_by_something():
    counts = Counter(block.section for block in blocks(README) if block.language == "sh")

    assert counts == {section: len(runners) for section, runners in RUN_BY.items()}
    assert [runner for runners in RUN_BY.values() for runner in runners if not (ROOT / runner).is_file()] == []


def test_blocks_are_found_by_their_sections():
    text = "```sh\na\n```\n## One\n```json\n## no\n```\ntext\n## Two\n```\nb\nc\n```\n"

    assert blocks(text) == [Block("", "sh", "a\n"), Block("One", "json", "## no\n"), Block("Two", "", "b\nc\n")]


def test_a_block_that_does_not_end_is_refused():
    with pytest.raises(ValueError, match="under One is not closed"):
        blocks("## One\n```sh\na\n")
