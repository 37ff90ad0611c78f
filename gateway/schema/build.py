"""The schema put together."""

import re

import strawberry
from graphql import GraphQLError
from graphql.validation import NoSchemaIntrospectionCustomRule
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from typing_extensions import override

from gateway.schema.query import Query
from gateway.schema.scalars import SCALARS

# Distinct documents remembered, parsed and validated; clients send a few dozen.
_MAX_DOCUMENTS = 256
# Parsing and validating a document of a megabyte holds up the event loop for seconds. GraphiQL's introspection has
# some 300 tokens, 200 aliases of an invoice with a dozen fields each 3,000.
_MAX_TOKENS = 6000


# As graphql-core ends a message, or the part of it before what was found.
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Schema(strawberry.Schema):
    """Strawberry's schema, silent about errors: `execution.errors` logs what callers are not told, and nothing else.

    Strawberry would log every failure of upstream with its traceback and the caller's document.
    """

    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        # Strawberry takes proposed names from errors about fields alone.
        if self.config.disable_field_suggestions:
            for error in errors:
                error.message = _SUGGESTION.sub("", error.message)


def build_schema(*, introspection: bool = True, suggestions: bool = True) -> strawberry.Schema:
    """The one schema of the gateway.

    Args:
        introspection: whether operations may ask for the schema itself.
        suggestions: whether a validation error proposes names that exist.
    """
    no_introspection = AddValidationRules([NoSchemaIntrospectionCustomRule])
    return Schema(
        Query,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions),
        extensions=[
            lambda: MaxTokensLimiter(max_token_count=_MAX_TOKENS),
            lambda: ParserCache(maxsize=_MAX_DOCUMENTS),
            *([] if introspection else [lambda: no_introspection]),
            lambda: ValidationCache(maxsize=_MAX_DOCUMENTS),
        ],
    )
