"""What each `GATEWAY_AUTH` means: how callers are known, and which token a call upstream carries."""

import dataclasses
import ssl
from collections.abc import Awaitable, Callable

import httpx

from gateway.identity import Identity, issuers
from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.passthrough import Passthrough
from gateway.identity.token_verifier import TokenVerifier
from gateway.identity.verified import OnBehalfOf as OnBehalfOfIdentity
from gateway.identity.verified import Service as ServiceIdentity
from gateway.partner_center.clouds import CLOUDS
from gateway.partner_center.credentials import CallersOwn, Credentials, Grants, OnBehalfOf, Stored
from gateway.partner_center.msal_http import MsalHTTPClient
from gateway.partner_center.refresh_token_store import RefreshTokenStore
from gateway.partner_center.sign_in import SignIn, client_credential
from gateway.settings import Settings, SettingsError

# A sign-in fails before an operation's deadline does, so that callers learn which of the two it was.
_SIGN_IN_HTTP_TIMEOUT_S = 6.0


@dataclasses.dataclass(frozen=True, slots=True)
class AuthMode:
    """One mode, ready to be used.

    Attributes:
        identity: knows callers.
        credentials: give the tokens of calls upstream.
        store: the gateway's own refresh token, in `service`.
        closers: end what the mode has opened, in this order.
    """

    identity: Identity
    credentials: Credentials
    store: RefreshTokenStore | None = None
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()


def build_auth_mode(settings: Settings, tls: ssl.SSLContext, *, anonymous_token: str | None = None) -> AuthMode:
    """The mode that the settings ask for.

    Args:
        settings: as read.
        tls: whom to trust.
        anonymous_token: in `passthrough`, stands for callers who bring none; None refuses them.

    Raises:
        SettingsError: a file that they name cannot be read, or a key is not one.
    """
    if settings.auth == "passthrough":
        return AuthMode(Passthrough(settings.cloud, anonymous_token=anonymous_token), CallersOwn())
    http = httpx.AsyncClient(verify=tls, trust_env=False, follow_redirects=False)
    keys = IssuerKeys(_issuer(settings), http, fresh_s=settings.jwks_fresh_s)
    verifier = TokenVerifier(
        keys, audiences=settings.audiences, scope=settings.required_scope, role=settings.required_role
    )
    sign_in = build_sign_in(settings, tls)
    grants = Grants()

    async def close_sign_in() -> None:
        sign_in.close()

    closers = (keys.aclose, http.aclose, grants.aclose, close_sign_in)
    if settings.auth == "obo":
        identity = OnBehalfOfIdentity(settings.cloud, verifier)
        return AuthMode(identity, OnBehalfOf(sign_in, grants, tenants=settings.tenants), closers=closers)
    store = build_store(settings)
    service = ServiceIdentity(
        settings.cloud, verifier, tenant=settings.tenant_id or "", client_id=settings.client_id or ""
    )
    return AuthMode(service, Stored(sign_in, grants, store), store, closers)


def _issuer(settings: Settings) -> issuers.Issuer:
    tenants = settings.tenants
    if settings.oidc_issuer is not None:
        return issuers.openid_provider(settings.oidc_issuer, tenants=tenants if settings.allowed_tenants else ())
    return issuers.entra(authority_of(settings), settings.tenant_id or "", tenants=tenants)


def authority_of(settings: Settings) -> str:
    """Where one signs in, without a tenant."""
    return settings.authority or CLOUDS[settings.cloud].authority


def scope_of(settings: Settings) -> str:
    """What is asked for at sign-in."""
    return settings.upstream_scope or f"{CLOUDS[settings.cloud].resource}/.default"


def build_sign_in(settings: Settings, tls: ssl.SSLContext) -> SignIn:
    """The gateway's app at the sign-in service.

    Raises:
        SettingsError: its certificate cannot be read, or is none.
    """
    try:
        credential = client_credential(
            secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
            certificate=settings.client_certificate,
            federated_token=settings.federated_token_file,
        )
    except OSError as error:
        raise SettingsError(f"GATEWAY_CLIENT_CERTIFICATE: {error.strerror}") from None
    except (ValueError, TypeError):
        raise SettingsError("GATEWAY_CLIENT_CERTIFICATE: must hold an RSA key and its certificate in PEM") from None
    return SignIn(
        client_id=settings.client_id or "",
        credential=credential,
        authority=f"{authority_of(settings)}/{settings.tenant_id}",
        scope=scope_of(settings),
        http=MsalHTTPClient(tls, timeout_s=_SIGN_IN_HTTP_TIMEOUT_S),
    )


def build_store(settings: Settings) -> RefreshTokenStore:
    """Where the gateway's own refresh token is kept.

    Raises:
        SettingsError: the file or the key is not set, or the key is not one.
    """
    if settings.refresh_token_file is None or settings.token_key is None:
        raise SettingsError("GATEWAY_REFRESH_TOKEN_FILE, GATEWAY_TOKEN_KEY: both are needed to sign in")
    try:
        return RefreshTokenStore(settings.refresh_token_file, settings.token_key.get_secret_value())
    except ValueError:
        raise SettingsError("GATEWAY_TOKEN_KEY: must be a Fernet key: 32 bytes in URL-safe base64") from None
