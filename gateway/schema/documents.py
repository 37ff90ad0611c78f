"""From a document's text to one that may run: parsed, within the limits, valid; and remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    specified_rules,
    validate,
)
from graphql.validation import OverlappingFieldsCanBeMergedRule
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from typing_extensions import override

from gateway.schema.limits import DocumentLimits
from gateway.schema.limits.answer_size import check_answer_size
from gateway.schema.limits.extent import check_extent
from gateway.schema.limits.maxima import ERRORS, KEPT_CHARACTERS, KEPT_DOCUMENTS
from gateway.schema.limits.overlaps import BoundedOverlapsRule
from gateway.schema.limits.text import parsed
from gateway.schema.limits.variables import check_variables


class UnnamedOperationError(CannotGetOperationTypeError):
    """The document has several operations and the request names none of them (GraphQL specification, 6.1)."""

    def __init__(self) -> None:
        super().__init__(None)


class Documents:
    """Reads documents, and remembers valid ones: the least used go first, by number and by length.

    Strawberry's own caches count documents alone, and 256 of the longest would take half a gigabyte.

    Args:
        schema: which documents are to fit.
        limits: what a document may be.
        rules: of validation, besides the specified.
        suggestions: whether errors propose names that exist.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        rules: Collection[type[ASTValidationRule]] = (),
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = (*_RULES, *rules)
        self._suggestions = suggestions
        self._kept: OrderedDict[str, DocumentNode] = OrderedDict()
        self._kept_characters = 0
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, text: str) -> AsyncIterator[None]:
        """To parse or validate a document that is not remembered: one at a time, and others' work between two.

        Each takes milliseconds. Of hundreds that come in one moment, the last would keep all else waiting for seconds.
        """
        if text in self._kept:
            yield
            return
        async with self._turn:
            yield
            await asyncio.sleep(0)

    def parsed(self, text: str) -> DocumentNode:
        """The document, within those limits that need no schema.

        Raises:
            GraphQLSyntaxError: it is not GraphQL.
            LimitExceededError: it is too long or reaches too far.
        """
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        document = parsed(text, self._limits)
        check_extent(document, self._limits)
        return document

    def errors(self, text: str, document: DocumentNode) -> list[GraphQLError]:
        """What keeps the document from being run; empty where it may.

        Args:
            text: of the document.
            document: as `parsed` gave it.

        Raises:
            LimitExceededError: validating it, or answering it, would take too long.
        """
        if self._kept.get(text) is document:
            return []
        errors = validate(
            self._schema, document, self._rules, max_errors=ERRORS, hide_suggestions=not self._suggestions
        )
        if not errors:
            check_answer_size(document, self._schema)
            self._keep(text, document)
        return errors

    def _keep(self, text: str, document: DocumentNode) -> None:
        if len(text) > KEPT_CHARACTERS // 4:
            return  # It would push out all others.
        self._kept[text] = document
        self._kept_characters += len(text)
        while len(self._kept) > KEPT_DOCUMENTS or self._kept_characters > KEPT_CHARACTERS:
            gone, _document = self._kept.popitem(last=False)
            self._kept_characters -= len(gone)


# Built once; the specified ones, Strawberry's two, and one of ours in its original's place.
_RULES = (
    *(BoundedOverlapsRule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


class DocumentReading(SchemaExtension):
    """Has Strawberry read documents by way of `Documents`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    @override
    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        check_variables(context.variables)
        text = context.query or ""
        async with self._documents.turn(text):
            context.graphql_document = self._documents.parsed(text)
        # Strawberry would run the first of several.
        name = context._provided_operation_name  # noqa: SLF001 — `operation_name` is the first one's then.
        if name is None and _operations(context.graphql_document) > 1:
            raise UnnamedOperationError
        yield

    @override
    async def on_validate(self) -> AsyncIterator[None]:
        context = self.execution_context
        text = context.query or ""
        if context.graphql_document is not None:
            async with self._documents.turn(text):
                context.pre_execution_errors = self._documents.errors(text, context.graphql_document)
        yield


def _operations(document: DocumentNode) -> int:
    return sum(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)
