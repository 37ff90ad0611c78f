"""What a `scope` parameter asks for: permissions of one resource, and OpenID Connect's own scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.sandbox.authority.errors import EntraError
from gateway.sandbox.authority.registry import GRAPH, Resource, resource_named

OPENID: Final = ("openid", "profile", "email", "offline_access")
DEFAULT: Final = ".default"


@dataclass(frozen=True, slots=True)
class Asked:
    """A scope parameter, understood.

    Attributes:
        permissions: Names without their resource, in order; all of the resource's for `.default`.
        default: Whether `.default` was asked for.
        openid: The scopes of OpenID Connect among them.
    """

    resource: Resource
    permissions: tuple[str, ...]
    default: bool
    openid: tuple[str, ...]

    def granted(self) -> str:
        """The answer's `scope`; `.default` comes back in it, which msal looks its cache up by."""
        names = (*self.permissions, *((DEFAULT,) if self.default else ()))
        shown = (scope for scope in self.openid if scope != "offline_access")
        return " ".join((*(f"{self.resource.uri}/{name}" for name in names), *shown))


def asked(scope: str) -> Asked:
    """Reads a scope parameter.

    Raises:
        EntraError: It names several resources, or one that does not exist, or a permission that it has not.
    """
    names = scope.split()
    openid = tuple(name for name in OPENID if name in names)
    resources: set[Resource] = set()
    permissions: list[str] = []
    for name in names:
        if name not in OPENID:
            resource, permission = _permission(name)
            resources.add(resource)
            permissions.append(permission)
    if len(resources) > 1:
        raise EntraError(28000)
    resource = resources.pop() if resources else GRAPH
    default = DEFAULT in permissions
    if default and len(set(permissions)) > 1:
        raise EntraError(70011, "'.default' scope can't be combined with resource-specific scopes.")
    return Asked(resource, resource.scopes if default else tuple(dict.fromkeys(permissions)), default, openid)


def _permission(name: str) -> tuple[Resource, str]:
    uri, slash, permission = name.rpartition("/")
    # A name alone is Graph's (docs scopes-oidc).
    resource = resource_named(uri) if slash else GRAPH
    if resource is None:
        raise EntraError(500011, f"The resource principal named {uri} was not found in the tenant.")
    if permission not in {DEFAULT, *resource.scopes}:
        raise EntraError(70011, f"The provided value for the input parameter 'scope' is not valid: {name}.")
    return resource, permission
