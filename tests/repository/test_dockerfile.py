"""The Dockerfile, as far as it can be judged without an engine; .ci/check_image runs its steps as plain commands."""

import json
import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

from tests.repository.tree import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def arguments(instruction):
    return re.findall(rf"(?m)^{instruction} (.+)$", DOCKERFILE)


def test_hadolint_finds_nothing():
    hadolint = Path(sysconfig.get_path("scripts"), "hadolint")
    linted = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.stdout + linted.stderr == ""
    assert linted.returncode == 0


def test_both_stages_stand_on_one_supported_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    images = {image.removesuffix(" AS build") for image in arguments("FROM")}

    assert len(arguments("FROM")) == 2
    assert len(images) == 1
    version = re.fullmatch(r"python:(3\.\d+)-slim", images.pop())
    assert version
    assert f"{version[1]}.0" in SpecifierSet(project["requires-python"])


def test_the_image_runs_as_a_numbered_user_without_a_shell():
    assert [user.split(":") for user in arguments("USER")] == [["10001", "10001"]]
    assert [json.loads(words) for words in arguments("ENTRYPOINT")] == [["gateway"]]
    assert [json.loads(words) for words in arguments("CMD")] == [["serve"]]
    assert [json.loads(words.partition("CMD ")[2]) for words in arguments("HEALTHCHECK")] == [["gateway", "health"]]
    assert arguments("STOPSIGNAL") == ["SIGTERM"]


def test_every_step_is_one_line():
    """.ci/check_image takes the steps line by line."""
    assert not [step for step in arguments("RUN") if step.endswith("\\")]


def test_what_is_copied_is_let_through_and_exists():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {word for words in arguments("COPY") if "--from" not in words for word in words.split()[:-1]}

    assert lines[1] == "*"
    assert {word.partition("/")[0] for word in copied} == let_through
    assert [word for word in copied if not (ROOT / word).exists()] == []
