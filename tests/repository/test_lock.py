"""gateway/requirements.lock, from which the image is installed, belongs to pyproject.toml."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.repository.tree import ROOT

LOCK = (ROOT / "gateway" / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RENEW = (
    "uv pip compile --universal --generate-hashes --no-header --no-annotate --extra otel --extra redis pyproject.toml "
    "-o gateway/requirements.lock renews it"
)


def locked():
    """Each requirement of the lock with its hashes."""
    entries = [entry.replace("\\\n", " ").split("--hash=") for entry in re.split(r"\n(?=\S)", LOCK.strip())]
    return [(Requirement(entry[0].strip()), [value.strip() for value in entry[1:]]) for entry in entries]


def test_every_direct_dependency_is_locked_in_a_version_it_allows():
    pins = {canonicalize_name(requirement.name): requirement.specifier for requirement, _hashes in locked()}
    extras = PROJECT["optional-dependencies"]
    direct = map(Requirement, PROJECT["dependencies"] + extras["otel"] + extras["redis"])
    wrong = []
    for requirement in direct:
        (pin,) = pins.get(canonicalize_name(requirement.name), SpecifierSet("==0"))
        if pin.version not in requirement.specifier:
            wrong.append(f"{requirement} is locked as {pin.version}")

    assert wrong == [], RENEW


def test_every_requirement_is_one_version_with_hashes():
    for requirement, hashes in locked():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


def test_the_lock_says_nothing_of_where_packages_come_from():
    assert re.findall(r"(?m)^\s*(?!--hash=sha256:)(-\S+)|(\w+://\S+)", LOCK) == []
