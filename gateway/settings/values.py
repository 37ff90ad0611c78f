"""The kinds of values that settings have."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
SecondsOrZero = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# Nothing else: no user, no query, no fragment, and nothing that httpx would refuse only when it calls.
_ADDRESS = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(/[a-z0-9._~/-]*)?", re.IGNORECASE | re.ASCII
)


def _secret_fit_address(value: str) -> str:
    """An address that a secret may be sent to: https, or http on loopback."""
    if not _ADDRESS.fullmatch(value):
        raise ValueError("must be an address such as https://api.partnercenter.microsoft.com, with nothing behind it")
    url = urlsplit(value)
    if url.port == 0:  # Reading it also refuses one above 65535.
        raise ValueError("port 0 is none to call")
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise ValueError("plain http is for loopback addresses only, since a token is sent there")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _https_address(value: str) -> str:
    if not value.lower().startswith("https://"):
        raise ValueError("must begin with https://")
    return _secret_fit_address(value)


def _words(value: str) -> str:
    if not value.replace(",", " ").split():
        raise ValueError("must not be empty")
    return value


Address = Annotated[str, AfterValidator(_secret_fit_address)]
HttpsAddress = Annotated[str, AfterValidator(_https_address)]
CommaSeparated = Annotated[str, AfterValidator(_words)]


def split(value: str | None) -> tuple[str, ...]:
    """The words of a comma-separated setting."""
    return tuple((value or "").replace(",", " ").split())
