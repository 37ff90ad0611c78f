"""Which document a request means: the one that it sends, or one that it names by a hash or an id."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from gateway.cache import PersistedQueries, sha256_of
from gateway.errors import (
    DocumentNotTrustedError,
    GatewayError,
    PersistedQueryHashMismatchError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
)
from gateway.execution.executor import Executor, Request
from gateway.execution.outcome import Answer, not_executed
from gateway.execution.trusted_documents import TrustedDocuments, sha256_in
from gateway.operation import Operation

# Of Apollo's protocol; there is no other.
_VERSION = 1

# Of well-formed requests: told as any error in a document is.
_TOLD = (DocumentNotTrustedError, PersistedQueryNotFoundError, PersistedQueryNotSupportedError)

Runs = Callable[[Request, Operation], Coroutine[Any, Any, Answer]]


class PersistedQuery(NamedTuple):
    """A request's `extensions.persistedQuery`.

    Attributes:
        sha256: the hash of a document.
        version: of the protocol.
    """

    sha256: str
    version: int | None


class Asked(NamedTuple):
    """What a client sends. It has a document, a name, or a document and its hash.

    Attributes:
        document: GraphQL text; empty where it is only named.
        operation_name: which of its operations; None where it has one.
        variables: by name.
        key: the whole request as it was sent.
        document_id: names a document; None where one is sent.
        persisted_query: the hash of the one that is sent, or of one that was sent before.
    """

    document: str
    operation_name: str | None
    variables: dict[str, Any] | None
    key: bytes
    document_id: str | None = None
    persisted_query: PersistedQuery | None = None


class NamedDocuments:
    """Runs operations of documents that are sent, or were sent before with their hashes, or are trusted.

    Args:
        executor: runs them.
        queries: documents that were sent with their hashes; None takes no hashes.
        trusted: those of a manifest, if there is one.
        only_trusted: whether no other is run.
    """

    def __init__(
        self,
        executor: Executor,
        queries: PersistedQueries | None = None,
        trusted: TrustedDocuments | None = None,
        *,
        only_trusted: bool = False,
    ) -> None:
        self._executor = executor
        # Nothing that is not trusted is ever kept then, and what others keep is not looked at.
        self._queries = None if only_trusted else queries
        self._trusted = trusted or TrustedDocuments({})
        self._only_trusted = only_trusted

    async def run(self, asked: Asked, operation: Operation, runs: Runs | None = None) -> Answer:
        """The answer to a request.

        Args:
            asked: the request.
            operation: on whose account, and until when.
            runs: runs it in the executor's place.

        Raises:
            PersistedQueryHashMismatchError: the document that is sent has another hash.
            GatewayError: what `Executor.run` raises.
        """
        try:
            if asked.persisted_query is not None and asked.persisted_query.version != _VERSION:
                raise PersistedQueryNotSupportedError
            document = asked.document
            if document:
                self._check(document, asked.persisted_query)
            else:
                document = await self._named(asked)
        except _TOLD as error:
            self._executor.journal.refused(error.code, operation.correlation_id)
            return not_executed(error, operation.correlation_id)
        is_new = self._is_new(asked)
        # What is new is run, whatever is kept: only then is it known that it may be, and that the caller may.
        key = None if is_new else asked.key
        request = Request(document, asked.operation_name, asked.variables, key)
        answer = await (runs or self._executor.run)(request, operation)
        if is_new and self._queries is not None and answer.is_of_upstream:
            await self._queries.keep(document)
        return answer

    async def _named(self, asked: Asked) -> str:
        found = await self._by_name(asked.document_id or "", asked.persisted_query)
        if found is None:
            raise self._unknown(asked)
        return found

    def _check(self, document: str, query: PersistedQuery | None) -> None:
        """Refuse a document that is sent, but for one of this hash that may be run."""
        # A manifest's ids need not be hashes; its clients send them as such.
        if (
            query is not None
            and query.sha256 != sha256_of(document)
            and self._trusted.by_sha256(query.sha256) != document
        ):
            raise PersistedQueryHashMismatchError
        if self._only_trusted and document not in self._trusted:
            raise DocumentNotTrustedError

    async def _by_name(self, document_id: str, query: PersistedQuery | None) -> str | None:
        sha256 = sha256_in(document_id) if query is None else query.sha256
        found = self._trusted.by_id(document_id) if query is None else self._trusted.by_sha256(query.sha256)
        if found is not None or sha256 is None or self._queries is None:
            return found
        return await self._queries.find(sha256)

    def _unknown(self, asked: Asked) -> GatewayError:
        takes_hashes = self._queries is not None or len(self._trusted) > 0
        if asked.persisted_query is not None and not takes_hashes:
            return PersistedQueryNotSupportedError()
        return PersistedQueryNotFoundError()

    def _is_new(self, asked: Asked) -> bool:
        """Whether a document comes with a hash by which it is not known yet."""
        query = asked.persisted_query
        return (
            self._queries is not None
            and query is not None
            and bool(asked.document)
            and query.sha256 not in self._queries
            and asked.document not in self._trusted
        )
