"""What every error is."""

from typing import Any, ClassVar


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
