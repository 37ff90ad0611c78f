"""What a request's `Cache-Control` asks of the ages of answers (RFC 9111, 5.2.1)."""

import math
from collections.abc import Collection

from gateway.freshness import ANY_AGE, CacheControl

_MOST_DIGITS = 9


def cache_control(headers: Collection[str]) -> CacheControl:
    """The directives of some `Cache-Control` headers; `ANY_AGE` itself where they ask for nothing.

    What is unknown or malformed asks for nothing.
    """
    if not headers:
        return ANY_AGE
    directives: dict[str, str] = {}
    for directive in ",".join(headers).split(","):
        name, _, value = directive.partition("=")
        directives[name.strip().lower()] = value.strip().strip('"')
    asked = CacheControl(
        no_cache="no-cache" in directives,
        max_age_s=_seconds(directives.get("max-age")),
        max_stale_s=_seconds(directives.get("max-stale")),
        only_if_cached="only-if-cached" in directives,
    )
    return ANY_AGE if asked == ANY_AGE else asked


def _seconds(text: str | None) -> float:
    if text and text.isascii() and text.isdigit():
        return int(text.lstrip("0")[:_MOST_DIGITS] or 0)
    return math.inf
