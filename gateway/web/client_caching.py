"""What clients may keep of the answer to a GET, and need not be sent again (RFC 9111; RFC 9110, 13.1.2)."""

import math
from collections.abc import Collection

from starlette.types import Receive, Scope, Send

from gateway.cache import WholeAnswer
from gateway.web.responses import content_type

# An answer is for those who send the same token, and whose page may read it.
_VARY = (b"vary", b"Accept, Authorization, Origin")
# Where operations are explained, a copy that was kept without is no explanation.
_VARY_WITH_EXPLAIN = (b"vary", b"Accept, Authorization, Origin, X-Gateway-Explain")

# Whatever is set here: a caller's copy is beyond the reach of a refusal.
_LONGEST_AGE_S = 24 * 60 * 60


class KeepableResponse:
    """An answer that its caller may keep for as long as every part of it is fresh, as an ASGI application.

    Args:
        answer: what is answered.
        media_type: of the body.
        max_age_s: whole seconds for which it is fresh.
        if_none_match: what the caller has of it, by the request's headers; an equal answer is a 304 without a body.
        explains: whether the same request may ask for an explanation.
    """

    def __init__(
        self,
        answer: WholeAnswer,
        media_type: str,
        max_age_s: int,
        if_none_match: Collection[str],
        *,
        explains: bool = False,
    ) -> None:
        self._answer = answer
        self._media_type = media_type
        self._max_age_s = max_age_s
        self._if_none_match = if_none_match
        self._vary = _VARY_WITH_EXPLAIN if explains else _VARY

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        tag = f'"{self._answer.tag}"'
        is_known = _names(self._if_none_match, tag)
        headers = [
            self._vary,
            (b"cache-control", b"private, max-age=%d" % self._max_age_s),
            (b"etag", tag.encode()),
        ]
        body = b"" if is_known else self._answer.body
        if not is_known:
            headers += [content_type(self._media_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 304 if is_known else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def max_age_s(answer: WholeAnswer, now_s: float) -> int | None:
    """Whole seconds that are left of an answer's freshness, a day at most; None where nothing in it ages.

    Args:
        answer: the answer.
        now_s: the present moment on the cache's clock.
    """
    left_s = answer.fresh_until_s - now_s
    return int(min(max(0.0, left_s), _LONGEST_AGE_S)) if math.isfinite(left_s) else None


def _names(if_none_match: Collection[str], tag: str) -> bool:
    """Whether `If-None-Match` names a tag. A weak one, which a proxy may have made of it, is as good."""
    found = (each.strip() for header in if_none_match for each in header.split(","))
    return any(each == "*" or each.removeprefix("W/") == tag for each in found)
