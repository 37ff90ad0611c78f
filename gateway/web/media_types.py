"""Which media type an answer has (GraphQL over HTTP, draft 2026-08, "Accept")."""

from functools import lru_cache
from typing import NamedTuple

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"

# Few clients write more, and a header may be as long as a head.
_LONGEST_REMEMBERED = 256  # Characters.


class _Range(NamedTuple):
    media_type: str
    quality: float


def preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """The offered media type that an Accept header likes best; the first of equals; None where it takes none.

    Args:
        accept: the header; an empty one takes anything.
        offered: media types, the most usual first.
    """
    return (_remembered if len(accept) <= _LONGEST_REMEMBERED else _preferred)(accept, offered)


def _preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    if not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",")]
    quality, _rank, media_type = max(
        (_quality(media_type, ranges), -rank, media_type) for rank, media_type in enumerate(offered)
    )
    return media_type if quality > 0 else None


_remembered = lru_cache(maxsize=64)(_preferred)


def _range(text: str) -> _Range:
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        name, _equals, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return _Range(media_type, max(0.0, min(1.0, float(value))))
            except ValueError:
                return _Range(media_type, 0.0)
    return _Range(media_type, 1.0)


def _quality(media_type: str, ranges: list[_Range]) -> float:
    """By the most specific range that covers the type (RFC 9110, 12.5.1)."""
    main_type = media_type.partition("/")[0]
    for covering in (media_type, f"{main_type}/*", "*/*"):
        found = [each.quality for each in ranges if each.media_type == covering]
        if found:
            return max(found)
    return 0.0
