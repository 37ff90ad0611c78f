"""Which files the playground is made of, and whether the build could fetch them all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
# Written by gateway/_build/playground.py.
VENDOR: Final = HERE / "vendor" / "graphiql"

CSS: Final = "text/css; charset=utf-8"
JS: Final = "text/javascript; charset=utf-8"

OUR_FILES: Final = {
    "boot.js": JS,
    "pdfs.js": JS,
    "favicon.svg": "image/svg+xml",
    "first_query.graphql": "application/graphql; charset=utf-8",
    "style.css": CSS,
    "upstream.css": CSS,
    "upstream.js": JS,
}
# Stored as <name>.gz only.
VENDOR_FILES: Final = {
    "editor.worker.js": JS,
    "graphiql.css": CSS,
    "graphiql.js": JS,
    "graphql.worker.js": JS,
    "json.worker.js": JS,
}


@dataclass(frozen=True, slots=True)
class Asset:
    path: Path
    media_type: str
    gzipped: bool


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by the name they are served under; `digest` changes when any byte of them does."""

    by_name: dict[str, Asset]
    digest: str
    built: bool


@cache
def load_assets(vendor: Path) -> Assets:
    """Lists the files once per process: they come with the installation and do not change under it."""
    by_name = {name: Asset(STATIC / name, media_type, gzipped=False) for name, media_type in OUR_FILES.items()}
    fetched = {
        f"vendor/{name}": Asset(vendor / f"{name}.gz", media_type, gzipped=True)
        for name, media_type in VENDOR_FILES.items()
    }
    built = all(asset.path.is_file() for asset in fetched.values())
    if built:
        by_name |= fetched
    content = hashlib.sha256()
    for name, asset in sorted(by_name.items()):
        content.update(f"{name}\0".encode() + hashlib.sha256(asset.path.read_bytes()).digest())
    return Assets(by_name, content.hexdigest()[:12], built)
