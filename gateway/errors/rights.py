"""What a caller, or the gateway itself, has not the right to."""

from typing import Any

from typing_extensions import override

from gateway.errors.base import GatewayError


class UnauthenticatedError(GatewayError):
    """The caller brought no token, a token that cannot be used, or one that upstream refused.

    Attributes:
        claims: what Entra wants a new token to show, as it said it; for the caller's next sign-in.
    """

    code = "UNAUTHENTICATED"

    def __init__(self, message: str, claims: str | None = None) -> None:
        super().__init__(message)
        self.claims = claims


class WrongAudienceError(UnauthenticatedError):
    """Partner Center does not take tokens for graph.windows.net any more (its code 900420, since August 2025)."""

    code = "WRONG_AUDIENCE"

    def __init__(self) -> None:
        super().__init__("This token is for another service: get one for https://api.partnercenter.microsoft.com.")


class MfaRequiredError(UnauthenticatedError):
    """Partner Center takes App+User tokens with an MFA claim only (its code 900421, since 2026)."""

    code = "MFA_REQUIRED"

    def __init__(self) -> None:
        super().__init__("This token shows no multi-factor authentication: sign in again with it.")


class ForbiddenError(GatewayError):
    """The caller may not: upstream refuses the resource, the token lacks a scope or role, or the page may not ask.

    Attributes:
        upstream_code: Partner Center's error code as text, where it sent one.
    """

    code = "FORBIDDEN"

    def __init__(self, message: str, upstream_code: str | None = None) -> None:
        super().__init__(message)
        self.upstream_code = upstream_code

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        return super().extensions | ({"upstreamCode": self.upstream_code} if self.upstream_code else {})


class SignInRequiredError(GatewayError):
    """The gateway's own sign-in was never made, or has ended."""

    code = "SIGN_IN_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The gateway is not signed in to Partner Center: its operator must run `gateway login`.")


class SignInFailedError(GatewayError):
    """Entra knows the gateway's app and refuses it: its secret, its permissions, its tenant."""

    code = "SIGN_IN_FAILED"

    def __init__(self) -> None:
        super().__init__("Entra refuses the gateway's own app; the gateway's log says why.")


class SignInUnavailableError(GatewayError):
    """The sign-in service answers late, wrongly or not at all."""

    code = "SIGN_IN_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The sign-in service does not answer as it should. Try again.")
