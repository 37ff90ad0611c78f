"""Tokens: their claims, as Entra has them in versions 1 and 2, and their signature."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.sandbox.authority.addresses import Addresses
    from gateway.sandbox.authority.registry import App, Resource, Tenant, User, Version

# How the client proved itself: not at all, by a secret, by an assertion (docs access-token-claims-reference).
Proof = Literal["0", "1", "2"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks of: a user in an app, or, without a user, the app itself.

    Attributes:
        amr: How the user signed in; empty for an app.
    """

    tenant: Tenant
    app: App
    proof: Proof
    user: User | None = None
    amr: tuple[str, ...] = ()

    @property
    def oid(self) -> str:
        """The user's object id, or that of the app's service principal in the tenant."""
        return self.user.oid if self.user else str(uuid.uuid5(uuid.UUID(self.app.id), self.tenant.id))

    def sub(self, audience_id: str) -> str:
        """The user as that app knows them, and each other by another name; an app is its object id to all."""
        return _pairwise(self.oid, audience_id) if self.user else self.oid


@dataclass(frozen=True, slots=True)
class Validity:
    """When a token is valid, in seconds from now."""

    lifetime_s: int
    not_before_s: int = 0

    def claims(self) -> dict[str, int]:
        now = int(time.time())
        return {"iat": now, "nbf": now + self.not_before_s, "exp": now + self.lifetime_s}


@dataclass(frozen=True, slots=True)
class Permit:
    """What an access token is good for.

    Attributes:
        version: Of its claims.
        permissions: Scopes of a user's token, or roles of an app's.
    """

    resource: Resource
    version: Version
    permissions: Sequence[str]


def access_claims(subject: Subject, permit: Permit, addresses: Addresses, validity: Validity) -> dict[str, Any]:
    """The claims of an access token.

    Args:
        subject: Whom it speaks of.
        permit: What it is good for.
        addresses: Whose issuer it names.
        validity: When it is valid.
    """
    first, permissions = permit.version == 1, permit.permissions
    claims: dict[str, Any] = {
        "aud": permit.resource.uri if first else permit.resource.app_id,
        "iss": addresses.issuer(subject.tenant, permit.version),
        **validity.claims(),
        "tid": subject.tenant.id,
        "oid": subject.oid,
        "sub": subject.sub(permit.resource.app_id),
        "appid" if first else "azp": subject.app.id,
        "appidacr" if first else "azpacr": subject.proof,
        # Two tokens of one second differ by this alone.
        "uti": uuid.uuid4().hex,
        "ver": f"{permit.version}.0",
    }
    if subject.user is None:
        return claims | {"idtyp": "app"} | ({"roles": list(permissions)} if permissions else {})
    names = ("unique_name", "upn") if first else ("preferred_username",)
    return (
        claims
        | {"amr": list(subject.amr), "name": subject.user.display_name, "scp": " ".join(permissions)}
        | dict.fromkeys(names, subject.user.username)
    )


def id_claims(
    subject: Subject, user: User, addresses: Addresses, validity: Validity, nonce: str | None
) -> dict[str, Any]:
    """The claims of an ID token (docs id-token-claims-reference)."""
    claims = {
        "aud": subject.app.id,
        "iss": addresses.issuer(subject.tenant, 2),
        **validity.claims(),
        "name": user.display_name,
        "oid": user.oid,
        "preferred_username": user.username,
        "sub": subject.sub(subject.app.id),
        "tid": subject.tenant.id,
        "ver": "2.0",
    }
    return claims if nonce is None else claims | {"nonce": nonce}


def client_info(user: User) -> str:
    """Whom msal files the tokens under; not a token, though it looks like a part of one."""
    return _encode(json.dumps({"uid": user.oid, "utid": user.tenant.id}).encode())


def _pairwise(oid: str, app_id: str) -> str:
    return _encode(hashlib.sha256(f"{oid} {app_id}".encode()).digest())


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
