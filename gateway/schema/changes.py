"""What differs between a schema's file and the schema, in the words of those who rely on it."""

from graphql import build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes


def changes(old: str, new: str) -> list[str]:
    """One line for each breaking and each dangerous change, and one where the texts differ otherwise.

    Args:
        old: SDL that clients rely on.
        new: SDL of the schema as it is.
    """
    if old == new:
        return []
    before, after = build_schema(old), build_schema(new)
    breaking = [f"breaking: {change.description}" for change in find_breaking_changes(before, after)]
    dangerous = [f"dangerous: {change.description}" for change in find_dangerous_changes(before, after)]
    return [*breaking, *dangerous, "The file differs from the schema; `gateway schema > schema.graphql` renews it."]
