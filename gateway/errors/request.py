"""What is wrong with a request, or cannot be done for it within its limits."""

from typing import Any

from typing_extensions import override

from gateway.errors.base import GatewayError


class BadRequestError(GatewayError):
    """The HTTP request is not a GraphQL request.

    Attributes:
        http_status: 400, or what says it better: 404, 405, 406, 408, 413, 415, 431.
        headers: what that status asks to be sent along, such as `Allow` with 405.
    """

    code = "BAD_REQUEST"

    def __init__(self, message: str, http_status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.headers = headers or {}


class LimitExceededError(GatewayError):
    """The request is larger, or asks for more, than one may; nothing was asked of upstream for it.

    Attributes:
        limit: its name: depth, aliases, tokens, documentBytes, which are settings; nesting, operations, literalValues,
            variableValues, overlaps, answerValues, which are not.
        maximum: what is allowed.
    """

    code = "LIMIT_EXCEEDED"

    def __init__(self, limit: str, maximum: int) -> None:
        super().__init__(f"This is over a limit of the gateway: {limit}, at most {maximum}.")
        self.limit = limit
        self.maximum = maximum

    @property
    @override
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"limit": self.limit, "maximum": self.maximum}


class BadUserInputError(GatewayError):
    """An argument or variable is not acceptable; nothing was asked of upstream for it."""

    code = "BAD_USER_INPUT"


class NotFoundError(GatewayError):
    """What a path names is not there. A field says so by null, and has no error."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Partner Center has no such document.")


class NotCachedError(GatewayError):
    """The caller wants only what is kept (`Cache-Control: only-if-cached`), and nothing is that may be served."""

    code = "NOT_CACHED"

    def __init__(self) -> None:
        super().__init__("This is not kept, and the request allows no upstream call.")


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
