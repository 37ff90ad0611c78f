"""How much may be sent in variables: graphql-core coerces all of it without a pause, and 500,000 ids took 600 ms."""

from typing import Any

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import VARIABLE_VALUES

_HOLDERS = (dict, list)  # A union would be made anew for each value.


def check_variables(variables: dict[str, Any] | None) -> None:
    """Count values until there are too many; nesting is bounded where JSON is read.

    Raises:
        LimitExceededError: there are more than an operation has a use for.
    """
    open_values: list[dict[str, Any] | list[Any]] = [] if variables is None else [variables]
    count = 0
    while open_values:
        value = open_values.pop()
        count += len(value)
        if count > VARIABLE_VALUES:
            raise LimitExceededError("variableValues", VARIABLE_VALUES)
        inner = value.values() if isinstance(value, dict) else value
        open_values += [each for each in inner if isinstance(each, _HOLDERS)]
