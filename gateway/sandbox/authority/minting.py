"""Tokens on request: any claims, signed with the authority's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gateway.sandbox.authority.registry import (
    APPS,
    FRONT_END,
    GATEWAY_API,
    PARTNER_TENANT,
    USERS,
    App,
    Resource,
    User,
    Version,
    resource_named,
    tenant_named,
)
from gateway.sandbox.authority.tokens import Permit, Subject, Validity, access_claims

if TYPE_CHECKING:
    from gateway.sandbox.authority.addresses import Addresses
    from gateway.sandbox.authority.state import State


class Mint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /_sandbox/tokens`.

    Attributes:
        user: A user's name; null makes a token of the app itself.
        client_id: The app that got the token.
        tenant: Id or domain; by default the user's, or the partner's.
        audience: A resource's URI or app id; another is taken as it is.
        scopes: Of a user's token; by default all of the resource.
        roles: Of an app's token; by default those the app has.
        lifetime_s: From now; negative for a token that has expired. By default the switch's.
        not_before_s: From now.
        version: Of the claims; by default the resource's.
        claims: Put over the others; null takes one away.
    """

    user: str | None = None
    client_id: str = FRONT_END.id
    tenant: str | None = None
    audience: str = GATEWAY_API.uri
    scopes: list[str] | None = None
    roles: list[str] | None = None
    lifetime_s: int | None = None
    not_before_s: int = 0
    version: Version | None = None
    claims: dict[str, Any] = {}


def minted(mint: Mint, state: State, addresses: Addresses) -> dict[str, Any]:
    """The answer: the token, the seconds it is valid, and its claims.

    Raises:
        msgspec.ValidationError: No such user, app or tenant.
    """
    user = None if mint.user is None else user_named(mint.user)
    tenant = (user.tenant if user else PARTNER_TENANT) if mint.tenant is None else tenant_named(mint.tenant)
    if tenant is None:
        raise msgspec.ValidationError(f"No such tenant: {mint.tenant!r}")
    app = app_with_id(mint.client_id)
    resource = resource_named(mint.audience) or Resource(mint.audience, mint.audience, 2, ())
    given, usual = (mint.scopes, resource.scopes) if user else (mint.roles, app.roles.get(resource.uri, ()))
    version = state.switches.version_of(resource) if mint.version is None else mint.version
    lifetime_s = state.switches.access_token_lifetime_s if mint.lifetime_s is None else mint.lifetime_s
    subject = Subject(tenant, app, "1", user, user.amr if user else ())
    permit = Permit(resource, version, usual if given is None else given)
    validity = Validity(lifetime_s, mint.not_before_s)
    claims = access_claims(subject, permit, addresses, validity) | mint.claims
    claims = {name: value for name, value in claims.items() if value is not None}
    return {"access_token": state.keys.sign(claims), "expires_in": lifetime_s, "claims": claims}


def user_named(name: str) -> User:
    """The user of that name.

    Raises:
        msgspec.ValidationError: There is none, which is the control endpoint's way to say so.
    """
    if name not in USERS:
        raise msgspec.ValidationError(f"No such user: {name!r}; there are {', '.join(USERS)}")
    return USERS[name]


def app_with_id(client_id: str) -> App:
    """The app of that id.

    Raises:
        msgspec.ValidationError: There is none.
    """
    if client_id not in APPS:
        raise msgspec.ValidationError(f"No such client: {client_id!r}")
    return APPS[client_id]
