"""How much may be sent in variables: graphql-core coerces all of it without a pause, and 500,000 ids took 600 ms."""

from typing import Any

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import VARIABLE_VALUES


def check_variables(variables: dict[str, Any] | None) -> None:
    """Count values until there are too many; nesting is bounded where JSON is read.

    Raises:
        LimitExceededError: there are more than an operation has a use for.
    """
    open_values: list[Any] = [variables]
    count = 0
    while open_values:
        value = open_values.pop()
        if not isinstance(value, dict | list):
            continue
        inner = list(value.values()) if isinstance(value, dict) else value
        count += len(inner)
        if count > VARIABLE_VALUES:
            raise LimitExceededError("variableValues", VARIABLE_VALUES)
        open_values += inner
