"""From a document's text to one that may run: parsed, within the limits, valid; and remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterator
from functools import partial

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

from gateway.errors import OverloadedError
from gateway.operation import Deadline
from gateway.schema.context import Context
from gateway.schema.limits import DocumentLimits
from gateway.schema.limits.answer_size import check_answer_size
from gateway.schema.limits.extent import check_extent
from gateway.schema.limits.maxima import ERRORS, KEPT_CHARACTERS, KEPT_DOCUMENTS
from gateway.schema.limits.overlaps import BoundedOverlapsRule
from gateway.schema.limits.text import parsed
from gateway.schema.limits.variables import check_variables
from gateway.shared_calls import SharedCalls

# For documents that come without an operation.
_READ_S = 10.0


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
        self._readings = SharedCalls()

    def __contains__(self, text: str) -> bool:
        return text in self._kept

    def kept(self, text: str) -> DocumentNode | None:
        """A document that is remembered: it may be run."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
        return document

    async def read(self, text: str, deadline: Deadline) -> tuple[DocumentNode, list[GraphQLError]]:
        """The document, and what keeps it from being run: nothing, where it may.

        Whoever asks for the same text at the same time waits for one reading. One text is read at a time, with others'
        work between two: each takes milliseconds, and hundreds in one moment would keep all else waiting for seconds.

        Raises:
            GraphQLSyntaxError: it is not GraphQL.
            LimitExceededError: it is too long, reaches too far, or would take too long to validate or to answer.
            OverloadedError: its turn to be read has not come by the deadline.
        """
        kept = self.kept(text)
        if kept is not None:
            return kept, []
        try:
            return await self._readings.join(text, partial(self._read, text), deadline)
        except TimeoutError:
            raise OverloadedError("The gateway has more documents to read than it can in time.") from None

    async def _read(self, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
        async with self._turn:
            document, errors = self.checked(text)
            if not errors:
                self._keep(text, document)
            await asyncio.sleep(0)
        return document, errors

    def checked(self, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
        """The document, and what keeps it from being run, at once: for where nobody waits. Nothing is remembered.

        Raises:
            GraphQLSyntaxError: it is not GraphQL.
            LimitExceededError: it is too long, reaches too far, or would take too long to validate or to answer.
        """
        document = parsed(text, self._limits)
        check_extent(document, self._limits)
        errors = validate(
            self._schema, document, self._rules, max_errors=ERRORS, hide_suggestions=not self._suggestions
        )
        if not errors:
            check_answer_size(document, self._schema)
        return document, errors

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
        self._errors: list[GraphQLError] = []

    @override
    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        check_variables(context.variables)
        deadline = context.context.deadline if isinstance(context.context, Context) else Deadline.after(_READ_S)
        context.graphql_document, self._errors = await self._documents.read(context.query or "", deadline)
        # Strawberry would run the first of several.
        name = context._provided_operation_name  # noqa: SLF001 — `operation_name` is the first one's then.
        if name is None and _operations(context.graphql_document) > 1:
            raise UnnamedOperationError
        yield

    @override
    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = self._errors
        yield


def _operations(document: DocumentNode) -> int:
    return sum(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)
