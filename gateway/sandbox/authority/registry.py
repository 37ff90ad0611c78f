"""Who exists in the authority: tenants, users, resources and apps, always the same ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A directory, known by its id or its domain."""

    id: str
    domain: str


@dataclass(frozen=True, slots=True)
class User:
    """A person of one tenant.

    Attributes:
        name: What tests and pages call the user.
        amr: How the user signs in, as the claim of that name has it.
    """

    name: str
    oid: str
    tenant: Tenant
    display_name: str
    amr: tuple[str, ...] = ("pwd", "mfa")

    @property
    def username(self) -> str:
        return f"{self.name}@{self.tenant.domain}"


@dataclass(frozen=True, slots=True)
class Resource:
    """An API that tokens are for.

    Attributes:
        uri: Its name in scopes, and the audience of tokens of version 1.
        app_id: The audience of tokens of version 2.
        version: Of its access tokens, where the switch `token_versions` says no other.
        scopes: Permissions that a user's token can carry.
    """

    uri: str
    app_id: str
    version: Version
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class App:
    """A registered client.

    Attributes:
        secret: None where it can only be used without credentials, or with those the control endpoint adds.
        public_flows: Whether users may sign in to it, and its refresh tokens be redeemed, without credentials.
        roles: App roles it was given, by the URI of the resource.
    """

    id: str
    name: str
    secret: str | None = None
    public_flows: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


PARTNER_TENANT: Final = Tenant("5eed0000-0000-4000-8000-00000000a001", "partner.example")
CONTOSO_TENANT: Final = Tenant("5eed0000-0000-4000-8000-00000000a002", "contoso.example")
NORTHWIND_TENANT: Final = Tenant("5eed0000-0000-4000-8000-00000000a003", "northwind.example")
TENANTS: Final = (PARTNER_TENANT, CONTOSO_TENANT, NORTHWIND_TENANT)

# Segments that stand for "whichever tenant the user is of".
ANY_TENANT: Final = frozenset({"common", "organizations"})

ADA: Final = User("ada", "5eed0000-0000-4000-8000-00000000b001", PARTNER_TENANT, "Ada Admin")
BEN: Final = User("ben", "5eed0000-0000-4000-8000-00000000b002", PARTNER_TENANT, "Ben Billing")
# Signs in without a second factor, which Partner Center refuses.
CLEO: Final = User("cleo", "5eed0000-0000-4000-8000-00000000b003", PARTNER_TENANT, "Cleo Careless", ("pwd",))
# On behalf of whom nothing is had without interaction (the switch `interaction_required`).
DORA: Final = User("dora", "5eed0000-0000-4000-8000-00000000b004", PARTNER_TENANT, "Dora Doubtful")
ELI: Final = User("eli", "5eed0000-0000-4000-8000-00000000b005", CONTOSO_TENANT, "Eli Elsewhere")
FINN: Final = User("finn", "5eed0000-0000-4000-8000-00000000b006", NORTHWIND_TENANT, "Finn Faraway")
USERS: Final[Mapping[str, User]] = {user.name: user for user in (ADA, BEN, CLEO, DORA, ELI, FINN)}

GATEWAY_CLIENT_ID: Final = "5eed0000-0000-4000-8000-00000000c001"
READ_SCOPE: Final = "Invoices.Read"
READ_ALL_ROLE: Final = "Invoices.Read.All"
GATEWAY_API: Final = Resource("api://gateway-sandbox", GATEWAY_CLIENT_ID, 2, (READ_SCOPE,))
# The app id is Microsoft's own (docs enable-secure-app-model).
PARTNER_CENTER: Final = Resource(
    "https://api.partnercenter.microsoft.com", "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd", 1, ("user_impersonation",)
)
PARTNER_CENTER_CHINA: Final = Resource(
    "https://partner.partnercenterapi.microsoftonline.cn",
    "5eed0000-0000-4000-8000-00000000d001",
    1,
    ("user_impersonation",),
)
# The audience of a token asked for with OpenID Connect's scopes alone.
GRAPH: Final = Resource("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000", 1, ("User.Read",))
RESOURCES: Final = (GATEWAY_API, PARTNER_CENTER, PARTNER_CENTER_CHINA, GRAPH)

GATEWAY: Final = App(GATEWAY_CLIENT_ID, "Gateway", secret="sandbox-gateway", public_flows=True)  # noqa: S106  # Documented.
FRONT_END: Final = App("5eed0000-0000-4000-8000-00000000c002", "Front end", public_flows=True)
DAEMON: Final = App(
    "5eed0000-0000-4000-8000-00000000c003",
    "Daemon",
    secret="sandbox-daemon",  # noqa: S106  # Opens only invented data, and is documented.
    roles={GATEWAY_API.uri: (READ_ALL_ROLE,)},
)
DAEMON_WITHOUT_ROLE: Final = App(
    "5eed0000-0000-4000-8000-00000000c004",
    "Daemon without a role",
    secret="sandbox-daemon-without-role",  # noqa: S106  # Opens only invented data, and is documented.
)
APPS: Final[Mapping[str, App]] = {app.id: app for app in (GATEWAY, FRONT_END, DAEMON, DAEMON_WITHOUT_ROLE)}


def tenant_named(name: str) -> Tenant | None:
    """The tenant of that id or domain."""
    return next((tenant for tenant in TENANTS if name.lower() in {tenant.id, tenant.domain}), None)


def user_of(oid: object) -> User | None:
    return next((user for user in USERS.values() if user.oid == oid), None)


def resource_named(name: str) -> Resource | None:
    """The resource of that URI or app id."""
    return next((resource for resource in RESOURCES if name in {resource.uri, resource.app_id}), None)
