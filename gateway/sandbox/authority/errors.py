"""Refusals as Entra words them: an OAuth error, and an AADSTS code that says more (docs reference-error-codes)."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any, Final

# What the client is to send the user to sign in with (docs v2-oauth2-on-behalf-of-flow, sample).
CLAIMS_CHALLENGE: Final = (
    '{"access_token":{"polids":{"essential":true,"values":["9ab03e19-ed42-4168-b6b7-7001fb3e933a"]}}}'
)


@dataclass(frozen=True, slots=True)
class _Kind:
    error: str
    message: str
    status: int = 400
    suberror: str | None = None
    claims: str | None = None


_KINDS: Final[dict[int, _Kind]] = {
    28000: _Kind("invalid_scope", "The scope parameter contains more than one resource."),
    50011: _Kind("invalid_request", "The redirect URI is not one of those configured for the application."),
    50013: _Kind("invalid_grant", "Assertion failed signature validation."),
    50020: _Kind("invalid_grant", "The user account does not exist in the tenant."),
    50034: _Kind("invalid_grant", "The user account does not exist in the directory."),
    50059: _Kind("invalid_request", "No tenant-identifying information found in the request."),
    50076: _Kind(
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must use multi-factor authentication.",
        suberror="basic_action",
        claims=CLAIMS_CHALLENGE,
    ),
    50079: _Kind(
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new location, "
        "you must enroll in multi-factor authentication.",
        suberror="basic_action",
        claims=CLAIMS_CHALLENGE,
    ),
    50173: _Kind("invalid_grant", "The provided grant has expired due to it being revoked.", suberror="bad_token"),
    53003: _Kind("access_denied", "Access has been blocked by Conditional Access policies.", claims=CLAIMS_CHALLENGE),
    54005: _Kind("invalid_grant", "OAuth2 authorization code was already redeemed."),
    65001: _Kind(
        "invalid_grant",
        "The user or administrator has not consented to use the application.",
        suberror="consent_required",
    ),
    65004: _Kind("authorization_declined", "User declined to consent to access the app."),
    70000: _Kind("invalid_grant", "The provided value for the grant is not valid."),
    70003: _Kind("unsupported_grant_type", "The app requested an unsupported grant type."),
    70008: _Kind("invalid_grant", "The provided authorization code or refresh token has expired."),
    70011: _Kind("invalid_scope", "The provided value for the input parameter scope is not valid."),
    # That Entra never says slow_down is assumed; RFC 8628, 3.5, has it.
    70016: _Kind("authorization_pending", "OAuth 2.0 device flow error. Authorization is pending."),
    70018: _Kind("bad_verification_code", "Invalid verification code."),
    70019: _Kind("expired_token", "Verification code expired."),
    90002: _Kind("invalid_tenant", "Tenant not found."),
    90033: _Kind("temporarily_unavailable", "A transient error has occurred. Please try again.", status=503),
    90055: _Kind("temporarily_unavailable", "Tenant request rate exceeded.", status=429),
    500011: _Kind("invalid_resource", "The resource principal was not found in the tenant."),
    500131: _Kind("invalid_grant", "Assertion audience does not match the Client app presenting the assertion."),
    500133: _Kind("invalid_grant", "Assertion is not within its valid time range."),
    501481: _Kind("invalid_grant", "The Code_Verifier does not match the code_challenge of the authorization request."),
    700016: _Kind("unauthorized_client", "Application was not found in the directory."),
    700023: _Kind("invalid_client", "Client assertion audience claim does not match.", status=401),
    700024: _Kind("invalid_client", "Client assertion is not within its valid time range.", status=401),
    700025: _Kind("invalid_client", "Client is public so no client credential should be presented.", status=401),
    700027: _Kind("invalid_client", "Client assertion failed signature validation.", status=401),
    700082: _Kind("invalid_grant", "The refresh token has expired due to inactivity.", suberror="token_expired"),
    700211: _Kind("invalid_client", "No matching federated identity record found for the issuer.", status=401),
    700212: _Kind("invalid_client", "No matching federated identity record found for the audience.", status=401),
    700213: _Kind("invalid_client", "No matching federated identity record found for the subject.", status=401),
    900144: _Kind("invalid_request", "The request body must contain a parameter that is missing."),
    1002012: _Kind("invalid_scope", "The scope of client credentials must be a resource's name and /.default."),
    7000114: _Kind("invalid_grant", "Application is not allowed to make application on-behalf-of calls."),
    7000215: _Kind("invalid_client", "Invalid client secret provided.", status=401),
    7000218: _Kind("invalid_client", "The request body must contain client_assertion or client_secret.", status=401),
    9002313: _Kind("invalid_grant", "Invalid request. Request is malformed or invalid."),
    9002325: _Kind("invalid_request", "Proof Key for Code Exchange is required."),
}
_UNEXPECTED: Final = _Kind("server_error", "The service has encountered an internal error.", status=500)


class EntraError(Exception):
    """A refusal.

    Args:
        code: The number after AADSTS; it decides everything else.
        message: In the place of the code's usual one.
        error: In the place of the code's usual OAuth error.
    """

    def __init__(self, code: int, message: str | None = None, *, error: str | None = None) -> None:
        super().__init__(code, message)
        self._kind = kind = _KINDS.get(code, _UNEXPECTED)
        self.code = code
        self.status = kind.status
        self.error = kind.error if error is None else error
        self.message = f"AADSTS{code}: {kind.message if message is None else message}"

    def body(self, correlation_id: str | None = None) -> dict[str, Any]:
        """The answer's JSON; its trace id is always new, its correlation id only where none is given."""
        trace_id = str(uuid.uuid4())
        correlation_id = correlation_id or str(uuid.uuid4())
        timestamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
        body = {
            "error": self.error,
            "error_description": (
                f"{self.message} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
        }
        further = {"suberror": self._kind.suberror, "claims": self._kind.claims}
        return body | {name: value for name, value in further.items() if value is not None}


def missing(parameter: str) -> EntraError:
    return EntraError(900144, f"The request body must contain the following parameter: '{parameter}'.")
