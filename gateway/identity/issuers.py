"""Whose tokens are believed: Entra, of one partner's tenant, or any other OpenID provider."""

import dataclasses
import ipaddress
from collections.abc import Collection

import httpx

# Stands for the token's own tenant in what Entra calls itself (docs: OpenID Connect metadata of `organizations`).
_TENANT = "{tenantid}"

_WELL_KNOWN = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, 4.

# In China a sign-in host of one name issues tokens in the name of another (observed in clients' issuer lists).
_CHINA = ("https://login.partner.microsoftonline.cn", "https://login.chinacloudapi.cn")


@dataclasses.dataclass(frozen=True, slots=True)
class Issuer:
    """One who issues tokens. Made by `entra` or `openid_provider`.

    Attributes:
        metadata_url: its OpenID configuration, which names its keys.
        names: the `iss` its tokens may carry, to the letter; `{tenantid}` stands for the token's own tenant.
        tenant: whose metadata are read; empty where there are no tenants.
        tenants: ids of the tenants whose tokens are believed; None where tenants do not matter.
        is_entra: whether its claims are Entra's.
    """

    metadata_url: str
    names: tuple[str, ...]
    tenant: str
    tenants: frozenset[str] | None
    is_entra: bool

    def has_name(self, name: str, tenant: str) -> bool:
        """Whether that is the `iss` of this issuer's tokens for a tenant."""
        return any(name == known.replace(_TENANT, tenant) for known in self.names)

    def has_pattern(self, pattern: str, tenant: str) -> bool:
        """Whether that, with `{tenantid}` for any tenant, is a name of this issuer for that one."""
        return self.has_name(pattern.replace(_TENANT, tenant), tenant)

    def describes_itself_as(self, name: str) -> bool:
        """Whether the `issuer` of its metadata may be that: a token's `iss`, or the pattern of one."""
        return any(self.has_name(name, tenant) for tenant in (self.tenant, _TENANT))


def entra(authority: str, tenant: str, *, tenants: Collection[str] = ()) -> Issuer:
    """Entra, with tokens of version 1 and 2.

    Args:
        authority: where one signs in, such as `https://login.microsoftonline.com`.
        tenant: the partner's tenant id, not a domain: tokens carry the id.
        tenants: ids of the tenants whose callers are known; the partner's own alone where empty.

    Raises:
        ValueError: the authority is reached neither by https nor on loopback.
    """
    authority = authority.rstrip("/")
    hosts = _CHINA if authority in _CHINA else (authority,)
    v1 = "https://sts.chinacloudapi.cn" if authority in _CHINA else "https://sts.windows.net"
    own = tenant.lower()
    return Issuer(
        _checked(f"{authority}/{own}/v2.0") + _WELL_KNOWN,
        (
            *(f"{host}/{_TENANT}/v2.0" for host in hosts),
            *(f"{host}/{_TENANT}/" for host in (v1, *hosts)),
        ),
        own,
        frozenset(allowed.lower() for allowed in tenants) or frozenset({own}),
        is_entra=True,
    )


def openid_provider(issuer: str, *, tenants: Collection[str] = ()) -> Issuer:
    """Any provider that is known by one issuer.

    Args:
        issuer: its `iss`, to the letter: with or without a slash at its end.
        tenants: what a token's `tid` may be; where empty, it does not matter.

    Raises:
        ValueError: the issuer is reached neither by https nor on loopback.
    """
    # "any terminating / MUST be removed before appending /.well-known" (OpenID Connect Discovery 1.0, 4.1).
    metadata_url = _checked(issuer).removesuffix("/") + _WELL_KNOWN
    return Issuer(metadata_url, (issuer,), "", frozenset(tenants) or None, is_entra=False)


def is_trustworthy_address(address: str, *, plain: bool) -> bool:
    """Whether nobody on the way can change what is read there.

    Args:
        address: whole, as a document names it.
        plain: whether http is taken, on loopback.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    if not url.host or url.userinfo:
        return False
    return url.scheme == "https" or (plain and url.scheme == "http" and _is_loopback(url.host))


def _checked(address: str) -> str:
    if not is_trustworthy_address(address, plain=True):
        raise ValueError("a token issuer's address must begin with https://, or http:// on loopback")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
