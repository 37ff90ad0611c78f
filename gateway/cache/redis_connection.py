"""How Redis is reached: its address, user and TLS, through aiocache."""

import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

import redis.asyncio
from aiocache import RedisCache
from aiocache.serializers import BaseSerializer
from typing_extensions import override

_DEFAULT_PORT = 6379
# For the parts that the store's own time-out does not cover, such as the goodbye of TLS.
_CONNECT_TIMEOUT_S = 1.0


class _Bytes(BaseSerializer):  # type: ignore[misc]  # aiocache has no types.
    """Values are bytes already."""

    DEFAULT_ENCODING = None

    @override
    def dumps(self, value: bytes) -> bytes:
        return value

    @override
    def loads(self, value: bytes | None) -> bytes | None:
        return value


class _Connection(redis.asyncio.Connection):
    """Over TLS by a context that all connections share.

    redis-py (8.1) builds a context for each connection, which reads the system's authorities on the event loop.
    """

    def __init__(self, *, tls: ssl.SSLContext | None, **options: Any) -> None:
        super().__init__(**options)
        self._tls = tls

    @override
    def _connection_arguments(self) -> dict[str, Any]:
        return {**super()._connection_arguments(), **({"ssl": self._tls} if self._tls else {})}

    @override
    async def disconnect(self, nowait: bool = False, *args: Any, **options: Any) -> None:
        # A transport that is closed keeps its socket until all it has to send is sent: never, to a frozen server.
        if nowait and self._writer is not None:
            self._writer.transport.abort()
        await super().disconnect(nowait, *args, **options)


def open_redis(url: str, tls: ssl.SSLContext | None) -> Any:
    """A client of Redis for bytes, by aiocache, without a time-out of its own. Connects when it is first used.

    Args:
        url: `redis://[user[:password]@]host[:port][/db]`, percent-encoded where needed; `rediss` for TLS.
        tls: whom `rediss` trusts; None takes the system's authorities.
    """
    # aiocache's own `from_url` drops the user, knows no `rediss` and does not decode (0.12.3).
    parts = urlsplit(url)
    encrypted = parts.scheme == "rediss"
    options: dict[str, Any] = {
        "connection_class": _Connection,
        "tls": (tls or ssl.create_default_context()) if encrypted else None,
        # Nothing of protocol 3 is used, and without it and the library's name a connection costs no greeting.
        "protocol": 2,
        "driver_info": None,
    }
    if parts.username:
        options["username"] = unquote(parts.username)
    return RedisCache(
        serializer=_Bytes(),
        timeout=None,
        endpoint=parts.hostname or "127.0.0.1",
        port=parts.port or _DEFAULT_PORT,
        db=int(parts.path.strip("/") or 0),
        password=unquote(parts.password) if parts.password else None,
        create_connection_timeout=_CONNECT_TIMEOUT_S,
        connection_pool_kwargs=options,
    )
