"""What a request's `X-Gateway-Explain` asks to be told."""

from gateway.errors import BadRequestError
from gateway.execution.explain.explainer import Explanation


def explanation(header: bytes) -> Explanation:
    """What one header's value means.

    Raises:
        BadRequestError: nothing: a caller who wants a plan would be surprised by calls.
    """
    try:
        return Explanation(header.decode("latin-1").strip().lower())
    except ValueError:
        raise BadRequestError("X-Gateway-Explain is `plan` or `actual`.") from None
