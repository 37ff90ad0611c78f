"""The page a browser gets at the GraphQL address, and the files that page asks for."""

from __future__ import annotations

import gzip
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.web.playground.assets import STATIC, VENDOR, load_assets

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

SECURITY_HEADERS: Final = {
    # GraphiQL's editor sets style attributes and elements; scripts are files of this origin, with no eval.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# The address holds the content's digest, so what is there never changes. 1 year.
FOREVER: Final = "public, max-age=31536000, immutable"

_INDEX: Final = Template((STATIC / "index.html").read_text(encoding="utf-8"))
_HELP: Final = Template((STATIC / "help.html").read_text(encoding="utf-8"))


def playground_page(
    request: Request, vendor: Path = VENDOR, *, token: str | None = None, explains: bool = False
) -> Response:
    """GraphiQL for the address of `request`, or curl examples where the build had no npm.

    Args:
        request: what is answered.
        vendor: folder of the built files.
        token: a bearer token to fill the header editor with; every visitor sees it.
        explains: whether operations may be explained, and a panel shows what each did upstream.
    """
    assets = load_assets(vendor)
    endpoint = escape(str(request.url.replace(query="", fragment="")))
    authorization = escape(f"Bearer {token}") if token else ""
    page = (_INDEX if assets.built else _HELP).substitute(
        digest=assets.digest, endpoint=endpoint, authorization=authorization, explains=str(explains).lower()
    )
    # The address also answers GraphQL by GET, and the page names files that the next release renames.
    return HTMLResponse(page, headers={**SECURITY_HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"})


def playground_routes(vendor: Path = VENDOR) -> list[BaseRoute]:
    assets = load_assets(vendor)

    # Not async: Starlette runs it in a thread, where unpacking may take its time.
    def file(request: Request) -> Response:
        asset = assets.by_name.get(request.path_params["name"])
        if asset is None or request.path_params["digest"] != assets.digest:
            return PlainTextResponse("Not found\n", status_code=404, headers=SECURITY_HEADERS)
        headers = {**SECURITY_HEADERS, "Cache-Control": FOREVER}
        if not asset.gzipped:
            return FileResponse(asset.path, headers=headers, media_type=asset.media_type)
        headers["Vary"] = "Accept-Encoding"
        if _accepts_gzip(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return FileResponse(asset.path, headers=headers, media_type=asset.media_type)
        # No browser comes here; a proxy that strips the header, or curl, may.
        return Response(gzip.decompress(asset.path.read_bytes()), headers=headers, media_type=asset.media_type)

    return [Route("/playground/{digest}/{name:path}", file, name="playground-file")]


def _accepts_gzip(accept_encoding: str) -> bool:
    offers: dict[str, bool] = {}
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.partition(";")
        # RFC 9110, 12.4.2: a weight of 0 forbids.
        offers[coding.strip()] = weight.replace(" ", "").rstrip("0.") != "q="
    return offers.get("gzip", offers.get("*", False))
