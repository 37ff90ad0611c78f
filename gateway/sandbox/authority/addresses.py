"""The authority's own addresses, and the tenant that a path names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.registry import ANY_TENANT, Tenant, tenant_named

if TYPE_CHECKING:
    from starlette.requests import Request


class Addresses:
    """What stands under one base address.

    Args:
        base: Scheme, host and port, without a slash at the end.
    """

    def __init__(self, base: str) -> None:
        self.base = base

    def issuer(self, tenant: Tenant | None, version: int) -> str:
        """The `iss` of tokens; for no tenant the template that Entra shows for `common`."""
        folder = f"{self.base}/{tenant.id if tenant else '{tenantid}'}/"
        return f"{folder}v2.0" if version > 1 else folder

    def issuers(self, tenant: Tenant) -> list[str]:
        return [self.issuer(tenant, version) for version in (1, 2)]

    def endpoint(self, segment: str, name: str) -> str:
        """One of `token`, `devicecode`, `authorize`."""
        return f"{self.base}/{segment}/oauth2/v2.0/{name}"

    def keys(self, segment: str) -> str:
        return f"{self.base}/{segment}/discovery/v2.0/keys"

    @property
    def device_page(self) -> str:
        return f"{self.base}/device"


def addresses_of(request: Request) -> Addresses:
    """Those under the host that the request was sent to, if the application was not given another."""
    fixed: str | None = request.app.state.base_url
    return Addresses(str(request.base_url).rstrip("/") if fixed is None else fixed.rstrip("/"))


def tenant_of(request: Request) -> Tenant | None:
    """The tenant of the request's path; None where it stands for any.

    Raises:
        EntraError: There is no such tenant.
    """
    segment: str = request.path_params["tenant"]
    tenant = tenant_named(segment)
    if tenant is None and segment not in ANY_TENANT:
        raise EntraError(90002, f"Tenant '{segment}' not found. Check to make sure you have the correct tenant ID.")
    return tenant
