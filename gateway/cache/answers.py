"""Whole answers, kept as they were encoded, for as long as every part of them is fresh."""

import hashlib

from gateway.cache.entry import Entry
from gateway.cache.keys import Entity, Key
from gateway.cache.memory import BoundedMemoryCache
from gateway.cache.stock import Fetch, Stock
from gateway.caller import Scope
from gateway.freshness import ANY_AGE, CacheControl, Windows

# Never encoded: what is kept of it is bytes, and in this process only.
_ANSWER: Entity[bytes] = Entity("answer", bytes)

# An entry with its keys, beside their bytes.
_BYTES_PER_ENTRY = 1024

_TAG_BYTES = 16


class WholeAnswer:
    """An answer that may be given again.

    Attributes:
        body: as it was encoded.
        fresh_until_s: the moment on the cache's clock at which the first of its parts ceases to be fresh.
    """

    __slots__ = ("_tag", "body", "fresh_until_s")

    def __init__(self, body: bytes, fresh_until_s: float) -> None:
        self.body = body
        self.fresh_until_s = fresh_until_s
        self._tag: str | None = None

    @property
    def tag(self) -> str:
        """The same for equal bodies, in all processes, and for no others. Made when it is first asked for."""
        if self._tag is None:
            self._tag = hashlib.blake2b(self.body, digest_size=_TAG_BYTES).hexdigest()
        return self._tag


class KeptAnswers:
    """Answers to whole requests, by scope and request.

    They have a room of their own, so that they never push out what they were made of. What is kept for a scope goes
    with all else that is kept for it when upstream refuses the scope.

    Args:
        stock: what answers are made of.
        max_bytes: most memory for all together.
    """

    def __init__(self, stock: Stock, max_bytes: int) -> None:
        self._memory = BoundedMemoryCache(max_bytes)
        self._stock = stock
        stock.goes_with(self._memory)

    def find(self, scope: Scope, request: bytes, asked: CacheControl) -> WholeAnswer | None:
        """The answer to an equal request of a scope, where it may be given again.

        Args:
            scope: whose rights stand behind it.
            request: as it was sent.
            asked: how old it may be.
        """
        entry = self._memory.peek((scope, request))
        if entry is None:
            return None
        now_s = self._stock.clock()
        if now_s >= entry.fresh_until_s:
            return None
        if asked is not ANY_AGE and (asked.no_cache or now_s - entry.read_at_s > asked.max_age_s):
            return None
        answer: WholeAnswer = entry.value
        return answer

    def making(self, scope: Scope) -> Fetch:
        """An answer that is being made, whose block is to hold all that is done for it."""
        return self._stock.fetching(Key(scope, _ANSWER), is_of_answer=True)

    def keep(
        self, made: Fetch, request: bytes, body: bytes, *, read_at_s: float, fresh_until_s: float
    ) -> WholeAnswer | None:
        """Keep an answer, unless its scope was refused while it was made; None where it may not be given again.

        Args:
            made: from `making`.
            request: as it was sent.
            body: as it was encoded.
            read_at_s: when upstream was asked for its oldest part, on the clock; without end where it has none.
            fresh_until_s: when the first of its parts ceases to be fresh, on the clock.
        """
        now_s = self._stock.clock()
        if made.is_void or fresh_until_s <= now_s:
            return None
        answer = WholeAnswer(body, fresh_until_s)
        scope = made.keys[0].scope
        size_bytes = len(body) + len(request) + _BYTES_PER_ENTRY
        windows = Windows(fresh_until_s - now_s)
        self._memory.put((scope, request), Entry(scope, answer, min(read_at_s, now_s), now_s, windows, size_bytes))
        return answer
