"""Documents by their hashes, for clients that send a hash where they sent the document once (Apollo's protocol)."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

_HASH = re.compile(r"[0-9a-f]{64}")

# An entry with its key, beside the document.
_BYTES_PER_ENTRY = 256
# One document may take no more of the room than this part, so that none pushes out all others.
_LARGEST_PART = 8

_KEY = "partner-center-gateway:persisted-query:"
# Clients send a document again when nobody knows it any more.
_SHARED_S = 24 * 60 * 60


class TextStore(Protocol):
    """What of a store that processes share is needed here; it never raises."""

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None]: ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None: ...


def sha256_of(document: str) -> str:
    """The hash by which a document is asked for: of its UTF-8, in small hexadecimal digits."""
    return hashlib.sha256(document.encode()).hexdigest()


class PersistedQueries:
    """Documents by their SHA-256: here, those used longest ago go first; in a shared store, each for a day.

    A hash names one document for everybody, so no scope stands before it. Whatever the store holds is taken for a
    document only if it has that hash, and is read and validated as if it had been sent.

    Args:
        max_bytes: most memory for all together.
        store: that replicas share, or None.
    """

    def __init__(self, max_bytes: int, store: TextStore | None = None) -> None:
        self._max_bytes = max_bytes
        self._store = store
        self._documents: OrderedDict[str, bytes] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._documents

    async def find(self, sha256: str) -> str | None:
        """The document with a hash; None where nobody knows it, or it is no hash."""
        document = self._documents.get(sha256)
        if document is not None:
            self._documents.move_to_end(sha256)
            return document.decode()
        if self._store is None or not _HASH.fullmatch(sha256):
            return None
        (found,) = await self._store.get_many([_KEY + sha256])
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            return None
        try:
            text = found.decode()
        except UnicodeDecodeError:
            return None
        self._put(sha256, found)
        return text

    async def keep(self, document: str) -> None:
        """Keep a document that may be run, here and for other replicas; one that is longer than an eighth is not."""
        sha256, text = sha256_of(document), document.encode()
        if self._put(sha256, text) and self._store is not None:
            await self._store.set(_KEY + sha256, text, _SHARED_S)

    def _put(self, sha256: str, text: bytes) -> bool:
        if _size_bytes(text) > self._max_bytes // _LARGEST_PART:
            return False
        if sha256 not in self._documents:
            self._documents[sha256] = text
            self.size_bytes += _size_bytes(text)
        self._documents.move_to_end(sha256)
        while self.size_bytes > self._max_bytes:
            _hash, gone = self._documents.popitem(last=False)
            self.size_bytes -= _size_bytes(gone)
        return True


def _size_bytes(text: bytes) -> int:
    return len(text) + _BYTES_PER_ENTRY
