"""Where connections lead to."""

from typing import NamedTuple

import httpx


class Origin(NamedTuple):
    """Where a connection leads to.

    Attributes:
        is_secure: whether it is TLS.
        host: a name in ASCII, or an address without brackets.
        port: a number above zero.
    """

    is_secure: bool
    host: str
    port: int


def origin_of(url: httpx.URL) -> Origin:
    is_secure = url.raw_scheme == b"https"
    return Origin(is_secure, url.raw_host.decode("ascii"), url.port or (443 if is_secure else 80))
