"""At the door: which pages may ask. Browsers say where a request comes from; other clients say nothing and may."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway.errors import ForbiddenError

_PREFLIGHT_FRESH_S = 600
# A request that a page of this origin, or a person, has made (Fetch Metadata, "Sec-Fetch-Site").
_OUR_SITES = frozenset({"same-origin", "none"})


def cors(origins: Collection[str]) -> list[Middleware]:
    """Lets pages of other origins read answers. Without any origin there is nothing to let through.

    Tokens travel in a header that a page must set itself, so credentials of the browser's own are never allowed.
    """
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "MS-CorrelationId", "X-Correlation-Id"],
            expose_headers=["MS-CorrelationId", "Retry-After", "WWW-Authenticate"],
            max_age=_PREFLIGHT_FRESH_S,
        )
    ]


def refuse_foreign_page(headers: Headers, origins: Collection[str]) -> None:
    """Refuse what a page of an origin that is neither ours nor listed makes a browser send, before anything is done.

    A simple GET needs no preflight, so another site's page could run queries with whatever the browser adds.

    Raises:
        ForbiddenError: it is such a request.
    """
    origin = headers.get("Origin")
    if origin is not None:
        is_ours = urlsplit(origin).netloc == headers.get("Host", "")
        if not is_ours and origin not in origins:
            raise ForbiddenError("Pages of this origin may not ask here.")
        return
    # A cross-site GET without CORS mode carries no Origin, only this.
    if headers.get("Sec-Fetch-Site", "none") not in _OUR_SITES:
        raise ForbiddenError("Pages of other sites may not ask here.")
