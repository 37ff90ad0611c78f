"""The schema put together."""

import re

import strawberry
from graphql import GraphQLError
from graphql.validation import NoSchemaIntrospectionCustomRule
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from typing_extensions import override

from gateway.schema.documents import DocumentReading, Documents
from gateway.schema.limits import DocumentLimits
from gateway.schema.line_items import LINE_ITEM_TYPES
from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS

_LIMITS = DocumentLimits()

# As graphql-core ends a message, or the part of it before what was found.
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    """Strawberry's schema, silent about errors: `execution.errors` logs what callers are not told, and nothing else.

    Strawberry would log every failure of upstream with its traceback and the caller's document.

    Attributes:
        documents: reads documents, and remembers them.
    """

    documents: Documents

    @property
    def is_extended(self) -> bool:
        """Whether something besides the reading of documents wants to be called as an operation runs."""
        return len(self.extensions) > 1

    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        # Strawberry takes proposed names from errors about fields alone.
        if self.config.disable_field_suggestions:
            for error in errors:
                error.message = _SUGGESTION.sub("", error.message)


def build_schema(*, introspection: bool = True, suggestions: bool = True, limits: DocumentLimits = _LIMITS) -> Schema:
    """The one schema of the gateway.

    Args:
        introspection: whether operations may ask for the schema itself.
        suggestions: whether a validation error proposes names that exist.
        limits: what a document may be.
    """
    schema = Schema(
        Query,
        types=LINE_ITEM_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
        extensions=[lambda: DocumentReading(schema.documents)],
    )
    schema.documents = Documents(
        schema._schema,  # noqa: SLF001 — Strawberry has no other name for graphql-core's schema.
        limits,
        rules=() if introspection else (NoSchemaIntrospectionCustomRule,),
        suggestions=suggestions,
    )
    return schema
