"""What can go wrong, as one tree; each kind has a stable code.

```
GatewayError
├── BadRequestError              BAD_REQUEST                the HTTP request is not a GraphQL request
├── BadUserInputError            BAD_USER_INPUT             an argument or variable is not acceptable
├── UnauthenticatedError         UNAUTHENTICATED            no token, a bad token, or upstream refused it
│   ├── WrongAudienceError       WRONG_AUDIENCE             the token is for another service (upstream's 900420)
│   └── MfaRequiredError         MFA_REQUIRED               the token shows no MFA (upstream's 900421)
├── ForbiddenError               FORBIDDEN                  the caller may not: says upstream, the token, or the door
├── RateLimitedError             RATE_LIMITED               upstream throttles; wait `retryAfter` seconds
├── SignInRequiredError          SIGN_IN_REQUIRED           a person must run `gateway login`
├── SignInFailedError            SIGN_IN_FAILED             Entra refuses the gateway's own app
├── SignInUnavailableError       SIGN_IN_UNAVAILABLE        Entra does not answer as it should
├── OverloadedError              OVERLOADED                 this process has no room for the call in time
├── UpstreamBudgetExceededError  UPSTREAM_BUDGET_EXCEEDED   the operation needs too many upstream calls
└── UpstreamError                UPSTREAM_ERROR             upstream answered with a failure
    ├── UpstreamUnreadableError  UPSTREAM_UNREADABLE        upstream's answer cannot be understood
    ├── UpstreamTimeoutError     UPSTREAM_TIMEOUT           upstream did not answer in time
    └── UpstreamUnavailableError UPSTREAM_UNAVAILABLE       upstream cannot be reached
```

A message is written for the caller and holds nothing of upstream's: no body, no host, no path.
`error_codes` has each code's HTTP status.
"""

from typing import Any, ClassVar

from typing_extensions import override


class GatewayError(Exception):
    """Base of every error that a caller may see.

    Attributes:
        code: the stable `extensions.code`.
        message: one sentence for the caller.
    """

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, Any]:
        """The GraphQL error's `extensions`: the code and the keys that belong to it."""
        return {"code": self.code}


class BadRequestError(GatewayError):
    """The HTTP request is not a GraphQL request.

    Attributes:
        http_status: 400, or what says it better: 405, 406, 408, 413, 415.
        headers: what that status asks to be sent along, such as `Allow` with 405.
    """

    code = "BAD_REQUEST"

    def __init__(self, message: str, http_status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.headers = headers or {}


class BadUserInputError(GatewayError):
    """An argument or variable is not acceptable; nothing was asked of upstream for it."""

    code = "BAD_USER_INPUT"


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


class RateLimitedError(GatewayError):
    """Upstream throttles this caller.

    Attributes:
        retry_after_s: whole seconds to wait; None where upstream did not say.
    """

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"retryAfter": self.retry_after_s}


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


class OverloadedError(GatewayError):
    """This process cannot give the call its turn in time."""

    code = "OVERLOADED"


class UpstreamBudgetExceededError(GatewayError):
    """The operation needs more upstream calls than one operation may make.

    Attributes:
        needed: calls it would have made; a least figure where it cannot be foreseen.
        limit: calls it may make (`GATEWAY_MAX_UPSTREAM_CALLS`).
    """

    code = "UPSTREAM_BUDGET_EXCEEDED"

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(f"This operation needs at least {needed} upstream calls; {limit} are allowed.")
        self.needed = needed
        self.limit = limit

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"upstreamCalls": self.needed, "maxUpstreamCalls": self.limit}


class UpstreamError(GatewayError):
    """Partner Center answered with a failure, or not at all.

    Attributes:
        upstream_status: its HTTP status, where there was one.
        upstream_code: its error code as text, where there was one.
    """

    code = "UPSTREAM_ERROR"

    def __init__(self, message: str, upstream_status: int | None = None, upstream_code: str | None = None) -> None:
        super().__init__(message)
        self.upstream_status = upstream_status
        self.upstream_code = upstream_code

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        found = {"upstreamStatus": self.upstream_status, "upstreamCode": self.upstream_code}
        return super().extensions | {key: value for key, value in found.items() if value is not None}


class UpstreamUnreadableError(UpstreamError):
    """Upstream answered, but not with what its documents promise."""

    code = "UPSTREAM_UNREADABLE"


class UpstreamTimeoutError(UpstreamError):
    """Upstream did not answer before the operation's deadline or the call's own time-out."""

    code = "UPSTREAM_TIMEOUT"


class UpstreamUnavailableError(UpstreamError):
    """No connection to upstream could be made or kept."""

    code = "UPSTREAM_UNAVAILABLE"
