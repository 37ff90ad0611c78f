"""An authority of our own: Entra ID's token service as far as sign-in needs it, with faults on demand.

`create_authority` gives an ASGI application, to be served over TLS (`make_tls`), which msal insists on. Who exists
in it is fixed (module `registry`). It is a stand-in for tests and demos, never a product: it asks nobody for a
password, and what is under `/_sandbox/` (module `control`) asks nothing at all.
"""

from gateway.sandbox.authority.app import create_authority
from gateway.sandbox.authority.credentials import FEDERATED_AUDIENCE, FEDERATED_ISSUER, FEDERATED_SUBJECT
from gateway.sandbox.authority.errors import CLAIMS_CHALLENGE
from gateway.sandbox.authority.registry import (
    ADA,
    APPS,
    BEN,
    CLEO,
    CONTOSO_TENANT,
    DAEMON,
    DAEMON_WITHOUT_ROLE,
    DORA,
    ELI,
    FINN,
    FRONT_END,
    GATEWAY,
    GATEWAY_API,
    NORTHWIND_TENANT,
    PARTNER_CENTER,
    PARTNER_CENTER_CHINA,
    PARTNER_TENANT,
    READ_ALL_ROLE,
    READ_SCOPE,
    TENANTS,
    USERS,
)
from gateway.sandbox.authority.tls import ClientCertificate, Tls, make_client_certificate, make_tls

__all__ = [
    "ADA",
    "APPS",
    "BEN",
    "CLAIMS_CHALLENGE",
    "CLEO",
    "CONTOSO_TENANT",
    "DAEMON",
    "DAEMON_WITHOUT_ROLE",
    "DORA",
    "ELI",
    "FEDERATED_AUDIENCE",
    "FEDERATED_ISSUER",
    "FEDERATED_SUBJECT",
    "FINN",
    "FRONT_END",
    "GATEWAY",
    "GATEWAY_API",
    "NORTHWIND_TENANT",
    "PARTNER_CENTER",
    "PARTNER_CENTER_CHINA",
    "PARTNER_TENANT",
    "READ_ALL_ROLE",
    "READ_SCOPE",
    "TENANTS",
    "USERS",
    "ClientCertificate",
    "Tls",
    "create_authority",
    "make_client_certificate",
    "make_tls",
]
