"""At the door: which pages may ask. Browsers say where a request comes from; other clients say nothing and may."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway.errors import ForbiddenError
from gateway.web.headers import RequestHeaders

_PREFLIGHT_FRESH_S = 600
# A request that a page of this origin, or a person, has made (Fetch Metadata, "Sec-Fetch-Site").
_OUR_SITES = frozenset({b"same-origin", b"none"})
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def cors(origins: Collection[str]) -> list[Middleware]:
    """Lets pages of other origins read answers. Without any origin there is nothing to let through.

    Tokens travel in a header that a page must set itself, so credentials of the browser's own are never allowed.
    """
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=listed(origins),
            allow_methods=["GET", "POST"],
            allow_headers=[
                "Authorization",
                "Cache-Control",
                "Content-Type",
                "MS-CorrelationId",
                "X-Correlation-Id",
                "X-Gateway-Explain",
            ],
            expose_headers=["MS-CorrelationId", "Retry-After", "WWW-Authenticate"],
            max_age=_PREFLIGHT_FRESH_S,
        )
    ]


def refuse_foreign_page(headers: RequestHeaders, origins: Collection[str]) -> None:
    """Refuse what a page of an origin that is neither ours nor listed makes a browser send, before anything is done.

    A simple GET needs no preflight, so another site's page could run queries with whatever the browser adds.

    Args:
        headers: of the request.
        origins: that are listed, as browsers write them.

    Raises:
        ForbiddenError: it is such a request.
    """
    if b"origin" in headers:
        found = _normal(headers.text(b"origin"))
        if found is not None and found in origins:
            return
        if found is None or not _is_host(found, headers.text(b"host")):
            raise ForbiddenError("Pages of this origin may not ask here.")
    # A cross-site GET without CORS mode carries no Origin, only this; and a page of our host on plain http, which
    # anybody on the way can write, carries an Origin that differs in nothing but the scheme.
    if headers.get(b"sec-fetch-site", b"none") not in _OUR_SITES:
        raise ForbiddenError("Pages of other sites may not ask here.")


def listed(origins: Collection[str]) -> list[str]:
    """As browsers write them; what is no origin, such as `*` or `null`, lets nobody in."""
    return [origin for origin in map(_normal, origins) if origin is not None]


def _normal(text: str) -> str | None:
    """An origin as browsers write it (RFC 6454, 6.2): small letters, no default port, no slash; None if it is none."""
    try:
        url = urlsplit(text.strip().lower().removesuffix("/"))
    except ValueError:
        return None
    if not (url.scheme and url.netloc) or url.path or url.query or url.fragment:
        return None
    return f"{url.scheme}://{url.netloc.removesuffix(_DEFAULT_PORTS.get(url.scheme, ':'))}"


def _is_host(origin: str, host: str) -> bool:
    """Whether an origin's pages come from that Host. A proxy may end TLS in between: the scheme is not ours to see."""
    scheme, _, authority = origin.partition("://")
    return authority == host.strip().lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":"))
