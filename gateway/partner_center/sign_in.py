"""Signing in at Entra with msal: on behalf of a caller, or with a refresh token.

msal is synchronous, asks the network while it is built, keeps what it is told without a bound, and never looks
into its cache for on-behalf-of (msal 1.39). So it is built with the first call, runs in threads of its own with
time-outs, and keeps nothing.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msal
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from msal.exceptions import MsalError
from typing_extensions import override

from gateway.errors import (
    SignInFailedError,
    SignInRequiredError,
    SignInUnavailableError,
    UnauthenticatedError,
)
from gateway.partner_center.msal_http import MsalHTTPClient
from gateway.telemetry import log

# Answers that waiting may cure; RFC 6749, 5.2 and Entra's own.
_PASSING = frozenset({"temporarily_unavailable", "server_error", "service_unavailable"})
# Answers that only a person can cure: the grant has ended, or Entra wants to see the person (MFA, consent).
_PERSONAL = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})

# A hanging sign-in holds a thread until its time-out; others go on beside it.
_MAX_THREADS = 8
_SHORTEST_LIFE_S = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """What signing in gave. Its tokens are kept out of every `repr`.

    Attributes:
        access_token: for Partner Center.
        expires_at_s: when it ends, on the clock of `time.time`.
        refresh_token: to sign in with next time, where one came along.
    """

    access_token: str = dataclasses.field(repr=False)
    expires_at_s: float
    refresh_token: str | None = dataclasses.field(default=None, repr=False)


class _Forgetful(msal.TokenCache):  # type: ignore[misc]  # msal has no types.
    """Keeps nothing: msal's own cache has no bound, and mixes up users whose tokens come without an id token."""

    @override
    def add(self, event: Any, now: Any = None) -> None:
        pass


class SignIn:
    """Signs the gateway's app in.

    Args:
        client_id: of the gateway's app registration.
        credential: of the app, in one of msal's shapes.
        authority: address of the tenant at its sign-in service.
        scope: asked for, such as `https://api.partnercenter.microsoft.com/.default`.
        http: carries the requests.
    """

    def __init__(self, *, client_id: str, credential: Any, authority: str, scope: str, http: MsalHTTPClient) -> None:
        self._client_id = client_id
        self._credential = credential
        self._authority = authority
        self._scopes = [scope]
        self._http = http
        self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="sign-in")
        self._applications: dict[str, Any] = {}

    async def on_behalf_of(self, assertion: str, tenant: str | None = None) -> Grant:
        """A token for Partner Center with the rights of the user whose token for the gateway this is.

        Args:
            assertion: that token.
            tenant: id of the user's, where it is not the one that the app signs in at.

        Raises:
            UnauthenticatedError: Entra wants to see the user; with `claims` where it says what for.
            SignInUnavailableError: no proper answer came.
            SignInFailedError: Entra refuses the gateway's app.
        """
        answer = await self._ask(
            lambda application: application.acquire_token_on_behalf_of(assertion, scopes=self._scopes),
            self._authority if tenant is None else f"{self._authority.rpartition('/')[0]}/{tenant}",
        )
        # Whatever the error, claims are a question to the user (Conditional Access may say "access_denied").
        if answer.get("error") in _PERSONAL or _claims(answer) is not None:
            raise UnauthenticatedError("Sign in again: Entra asks for more than this token shows.", _claims(answer))
        return self._grant(answer)

    async def by_refresh_token(self, refresh_token: str) -> Grant:
        """A token for Partner Center with the rights of the person who signed in once, and the next refresh token.

        Raises:
            SignInRequiredError: the refresh token has ended.
            SignInUnavailableError: no proper answer came.
            SignInFailedError: Entra refuses the gateway's app.
        """
        answer = await self._ask(
            lambda application: application.acquire_token_by_refresh_token(refresh_token, scopes=self._scopes),
            self._authority,
        )
        if answer.get("error") in _PERSONAL:
            raise SignInRequiredError
        return self._grant(answer)

    def close(self) -> None:
        """Let no further sign-in begin. One that is running ends by its own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    async def _ask(self, acquire: Callable[[Any], Any], authority: str) -> Mapping[str, Any]:
        def in_thread() -> Any:
            application = self._applications.get(authority)
            if application is None:
                application = self._applications[authority] = self._build(authority)
            return acquire(application)

        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, in_thread)
        except (httpx.HTTPError, OSError, LookupError, ValueError, TypeError, AttributeError, MsalError) as error:
            # msal lets whatever its HTTP raises pass, and fails in many ways on unexpected JSON. OSError: the file of
            # a federated token is read here too.
            log.warning("sign-in failed", error=type(error).__name__)
            raise SignInUnavailableError from None
        if not isinstance(answer, Mapping):
            raise SignInUnavailableError
        return answer

    def _build(self, authority: str) -> Any:
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=self._credential,
            authority=authority,
            # Would ask Microsoft whether the authority is one of its own; ours is set, not sent by a caller.
            instance_discovery=False,
            http_client=self._http,
            token_cache=_Forgetful(),
        )

    @staticmethod
    def _grant(answer: Mapping[str, Any]) -> Grant:
        token, lifetime_s = answer.get("access_token"), answer.get("expires_in")
        if isinstance(token, str) and token:
            # v1 endpoints send the lifetime as text (docs: partner-center-authentication, 2023).
            life_s = int(str(lifetime_s)) if str(lifetime_s).isdigit() else _SHORTEST_LIFE_S
            refresh_token = answer.get("refresh_token")
            return Grant(token, time.time() + life_s, refresh_token if isinstance(refresh_token, str) else None)
        error = answer.get("error")
        log.warning("sign-in refused", error=str(error)[:64], codes=answer.get("error_codes"))
        if not isinstance(error, str) or error in _PASSING:
            raise SignInUnavailableError
        raise SignInFailedError


def _claims(answer: Mapping[str, Any]) -> str | None:
    claims = answer.get("claims")
    return claims if isinstance(claims, str) else None


def client_credential(*, secret: str | None, certificate: Path | None, federated_token: Path | None) -> Any:
    """The app's credential in msal's shape.

    Args:
        secret: a client secret.
        certificate: PEM file of a private key and its certificate.
        federated_token: file of a token that another issuer renews, such as Kubernetes (workload identity).

    Raises:
        OSError: the certificate's file cannot be read.
        ValueError: it does not hold both.
        TypeError: its key needs a password.
    """
    if secret is not None:
        return secret
    if certificate is not None:
        pem = certificate.read_text(encoding="utf-8")
        load_pem_private_key(pem.encode(), password=None)
        load_pem_x509_certificate(pem.encode())
        return {"private_key": pem, "public_certificate": pem}
    if federated_token is not None:
        return {"client_assertion": lambda: federated_token.read_text(encoding="utf-8").strip()}
    return None
