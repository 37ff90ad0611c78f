"""Fetches the playground's files into the wheel: a pinned npm package, checked, trimmed, compressed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import socket
import tempfile
from http.client import HTTPException
from pathlib import Path
from ssl import SSLError
from typing import Any, Final
from urllib.error import URLError

from hatch_npm_vendor import vendor_package
from hatch_npm_vendor.plugin import DEFAULT_REGISTRY
from hatch_npm_vendor.vendor import should_skip
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# GraphiQL 5.2 with its explorer as one prebuilt script: the newest that needs no Node to build.
PACKAGE: Final = "@graphql-yoga/graphiql"
VERSION: Final = "4.5.0"
INTEGRITY: Final = "sha512-mer2/6RUdSGxNXCcE2dccKjDvcvj4DxIdYDKkggS3ltHc/MenhdBwBr/fwMreC7mqTBtn25a/q9e2Hdn36WNJg=="

# Path in the package -> name here. Kept compressed only: 8 MB become 2.3, and nothing is there twice.
SERVED: Final = {
    "dist/yoga-graphiql.umd.js": "graphiql.js.gz",
    "dist/graphiql.css": "graphiql.css.gz",
    "dist/monacoeditorwork/editor.worker.bundle.js": "editor.worker.js.gz",
    "dist/monacoeditorwork/graphql.worker..bundle.js": "graphql.worker.js.gz",
    "dist/monacoeditorwork/json.worker.bundle.js": "json.worker.js.gz",
}
# The licence, and the list of bundled libraries for whoever scans an image for known holes.
SHIPPED: Final = {"LICENSE": "LICENSE", "package.json": "package.json"}
NAMES: Final = sorted([*SERVED.values(), *SHIPPED.values()])

VENDOR: Final = Path("gateway", "web", "playground", "vendor")
FILES: Final = VENDOR / "graphiql"
MANIFEST: Final = "manifest.json"

# The plugin sets no timeout of its own; a network that swallows packets would hang the build.
TIMEOUT_S: Final = 30.0
# What "no registry there" looks like. A disk error or a wrong checksum is none of these, and fails the build.
UNREACHABLE: Final = (
    URLError,
    HTTPException,
    ConnectionError,
    TimeoutError,
    SSLError,
    json.JSONDecodeError,
)


class PlaygroundBuildHook(BuildHookInterface[Any]):
    # No @override: it is not in 3.11's typing, and the build environment holds nothing else that has it.
    def initialize(  # type: ignore[explicit-override]
        self,
        version: str,  # noqa: ARG002 (the name is hatch's)
        build_data: dict[str, Any],
    ) -> None:
        files = Path(self.root) / FILES
        if not is_complete(files):
            # Files of another version must not be served by an editable install, nor shipped.
            shutil.rmtree(files, ignore_errors=True)
            if should_skip():
                self._warn("HATCH_NPM_VENDOR_SKIP is set")
                return
            try:
                fetch(files)
            except UNREACHABLE as error:
                self._warn(f"the npm registry could not be reached ({error})")
                return
        build_data["artifacts"].append(f"/{FILES.as_posix()}/*")

    def _warn(self, reason: str) -> None:
        self.app.display_warning(
            f"Built WITHOUT the GraphiQL playground: {reason}. The gateway works; its page shows curl "
            "examples instead. Build again with npm in reach to get the playground."
        )


def is_complete(files: Path) -> bool:
    """Whether `files` holds exactly what this version of the hook would put there."""
    try:
        found = {path.name for path in files.iterdir()}
        return found == {*NAMES, MANIFEST} and _manifest(files) == json.loads((files / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False


def fetch(files: Path) -> None:
    """Downloads and checks the package, then puts `files` in place in one step.

    Raises:
        RuntimeError: The package is not the pinned one.
    """
    files.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the rename stays on one file system; below VENDOR, which git ignores.
    with tempfile.TemporaryDirectory(dir=files.parent, prefix="fetch-") as scratch:
        package, staged = Path(scratch, "package"), Path(scratch, "staged")
        _download(package)
        staged.mkdir()
        for source, name in SHIPPED.items():
            (staged / name).write_bytes((package / source).read_bytes())
        for source, name in SERVED.items():
            # mtime=0: the same input gives the same wheel.
            (staged / name).write_bytes(gzip.compress((package / source).read_bytes(), 9, mtime=0))
        (staged / MANIFEST).write_text(json.dumps(_manifest(staged), indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(files, ignore_errors=True)
        staged.rename(files)


def _download(package: Path) -> None:
    # npm's own variable, for networks with a mirror. The checksum is the pinned one whoever answers.
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or DEFAULT_REGISTRY
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        vendor_package(package, PACKAGE, VERSION, INTEGRITY, registry=registry)
    finally:
        socket.setdefaulttimeout(before)


def _manifest(files: Path) -> dict[str, Any]:
    return {
        "package": PACKAGE,
        "version": VERSION,
        "integrity": INTEGRITY,
        "sha256": {name: hashlib.sha256((files / name).read_bytes()).hexdigest() for name in NAMES},
    }
