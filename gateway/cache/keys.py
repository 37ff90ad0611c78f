"""What an answer is kept under: whose rights stand behind it, what it is, and which one."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from typing_extensions import override

from gateway.caller import Scope

T = TypeVar("T")

# Part of every key; raised when an encoding changes, so that replicas of two versions can share a store.
_ENCODING_VERSION = "2"


class Entity(Generic[T]):
    """A kind of answer, and its encoding in a store outside this process.

    Args:
        name: unique among entities.
        shape: the type that is encoded.
        pack: from an answer to that type.
        unpack: and back.
        is_large: whether coding it would hold up the event loop; it is done in a thread then.
    """

    def __init__(
        self,
        name: str,
        shape: Any,
        *,
        pack: Callable[[T], Any] = lambda value: value,
        unpack: Callable[[Any], T] = lambda value: value,
        is_large: bool = False,
    ) -> None:
        self.name = name
        self.is_large = is_large
        self._decoder = msgspec.msgpack.Decoder(shape)
        self._pack = pack
        self._unpack = unpack

    def encode(self, value: T) -> bytes:
        return msgspec.msgpack.encode(self._pack(value))

    def decode(self, data: bytes) -> T:
        """The answer that was encoded.

        Raises:
            msgspec.MsgspecError: the data are something else.
        """
        return self._unpack(self._decoder.decode(data))


class Key(msgspec.Struct, Generic[T], frozen=True):
    """Names one kept answer. There is no key without a scope; keys are compared in full, never by a hash of them.

    Attributes:
        scope: whose rights stand behind the answer.
        entity: what it is.
        id: which one; empty where a scope has one only.
    """

    scope: Scope
    entity: Entity[T]
    id: str = ""

    @override
    def __str__(self) -> str:
        return f"{scope_text(self.scope)}:{quote(self.entity.name, safe='')}:{quote(self.id, safe='')}"


@lru_cache(maxsize=1024)
def scope_text(scope: Scope) -> str:
    """What the texts of all keys of a scope begin with, and those of no other scope."""
    parts = (_ENCODING_VERSION, scope.cloud, scope.tenant, scope.identity)
    return "partner-center-gateway:" + ":".join(quote(part, safe="") for part in parts)
