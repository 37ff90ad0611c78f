"""How a connection is made: the host's addresses, tried side by side, then TLS."""

import asyncio
import socket
from ssl import SSLContext

import aiohappyeyeballs
import httpx

from gateway.partner_center.connection import Connection

# After this long the next address is tried beside the first (RFC 8305, 5).
_NEXT_ADDRESS_AFTER_S = 0.25


async def connect(connection: Connection, tls: SSLContext, timeout_s: float | None) -> None:
    """Connect to the connection's origin.

    uvloop's own `create_connection` (0.23) tries addresses one after the other, so the socket is made before.

    Args:
        connection: what is told of all that comes.
        tls: whom to trust, where the origin is secure.
        timeout_s: for all of it.

    Raises:
        httpx.ConnectTimeout: it took too long.
        httpx.ConnectError: nobody is there, or not whom TLS says.
    """
    loop = asyncio.get_running_loop()
    origin = connection.origin
    try:
        async with asyncio.timeout(timeout_s):
            addresses = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
            connected = await aiohappyeyeballs.start_connection(
                addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S, loop=loop
            )
            await loop.create_connection(
                lambda: connection,
                sock=connected,
                ssl=tls if origin.is_secure else None,
                server_hostname=origin.host if origin.is_secure else None,
            )
    except TimeoutError as error:
        raise httpx.ConnectTimeout("no connection in time") from error
    except (OSError, RuntimeError, UnicodeError) as error:
        # uvloop says RuntimeError of some addresses, and a name that is too long is a UnicodeError.
        raise httpx.ConnectError("no connection") from error
