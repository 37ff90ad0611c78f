"""What keeps upstream, or the way to it, from giving an answer."""

from typing import Any

from typing_extensions import override

from gateway.errors.base import GatewayError


class OverloadedError(GatewayError):
    """This process has more to do than it can in time, or is ending.

    Attributes:
        retry_after_s: seconds until it expects to have a turn that nobody waits for.
    """

    code = "OVERLOADED"

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimitedError(GatewayError):
    """Upstream throttles the caller's tenant.

    Attributes:
        retry_after_s: whole seconds to wait, at least one.
    """

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"retryAfter": self.retry_after_s}


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


class NotAvailableError(UpstreamError):
    """Upstream has ceased to serve this for what is newer than some day, and never will again."""

    code = "NOT_AVAILABLE"
