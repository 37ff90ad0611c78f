"""The shape of the repository: where files are, how long they are, and what stands in none of them."""

import ast
import os
import re

import pytest

from tests.repository.tree import ROOT, files

FILES = files()
TOP_LEVEL = {"Dockerfile", "README.md", "gateway", "pyproject.toml", "schema.graphql", "tests"}
MODULES = [path for path in FILES if path.suffix == ".py" and path.parts[0] == "gateway"]
MAX_LINES = 250

# In pieces, so that this file does not name them. A host of a registry works from one network and not from the next.
HOSTS = [
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("debian", "org"),
        ("ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
]
HOST = re.compile("|".join(rf"\b{re.escape(host)}\b" for host in HOSTS), re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?:(?<![\w./-])|(?<=file://))(?:/(?:work|root|home|Users|tmp)|[A-Z]:\\Users)[/\\]\w")


def found_in_files(pattern):
    found = []
    for path in FILES:
        text = (ROOT / path).read_bytes().decode("utf-8", errors="replace")
        found += [f"{path}: {match[0]}" for match in pattern.finditer(text)]
    return found


def test_the_top_level_holds_what_it_should():
    top_level = {path.parts[0] for path in FILES if not path.parts[0].startswith(".")}

    assert top_level == TOP_LEVEL


def test_no_file_names_a_registry():
    assert found_in_files(HOST) == []


def test_no_file_names_a_path_of_one_machine():
    assert found_in_files(MACHINE_PATH) == []


@pytest.mark.parametrize("text", [f"https://{HOSTS[0]}/simple", f"registry.{HOSTS[2]}", f"deb.{HOSTS[7].upper()}"])
def test_a_registry_is_recognised(text):
    assert HOST.search(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("@home/me/x", True),
        ("file://@tmp/x", True),
        ("@v1/home/x", False),
        ("@usr/bin/chromium", False),
        ("--tmpfs /tmp", False),
    ],
)
def test_a_path_of_one_machine_is_recognised(text, is_one):
    assert bool(MACHINE_PATH.search(text.replace("@", "/"))) is is_one


def test_every_module_says_its_job():
    silent = [
        str(path) for path in MODULES if not ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    assert {path.stem for path in MODULES} & {
        "common",
        "helper",
        "helpers",
        "manager",
        "misc",
        "util",
        "utils",
    } == set()


def test_no_module_is_too_long():
    lengths = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_ci_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
