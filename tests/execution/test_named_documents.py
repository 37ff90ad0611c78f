"""Which documents are kept by their hashes, and which are run: not by HTTP's means, but by what is in the room."""

import json

import pytest

from gateway.cache import PersistedQueries, sha256_of
from gateway.execution.named_documents import Asked, NamedDocuments, PersistedQuery
from gateway.execution.trusted_documents import TrustedDocuments
from tests.execution.runs import CHARGED, ONE, Runs
from tests.fakes import operation

pytestmark = pytest.mark.anyio

OTHER = '{invoice(id: "G2") {id}}'


async def run(documents, document="", **named):
    answer = await documents.run(Asked(document, None, None, b"the request", **named), operation())
    return json.loads(answer.body)


def hash_of(document):
    return PersistedQuery(sha256_of(document), 1)


async def test_what_others_keep_is_not_run_where_only_trusted_documents_are():
    queries, runs = PersistedQueries(8192), Runs()
    await queries.keep(OTHER)
    documents = NamedDocuments(runs.executor, queries, TrustedDocuments({"one": ONE}), only_trusted=True)

    for named in ({"persisted_query": hash_of(OTHER)}, {"document_id": f"sha256:{sha256_of(OTHER)}"}):
        (error,) = (await run(documents, **named))["errors"]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert await run(documents, document_id="one") == CHARGED
    assert runs.source.calls == ["G1"]


async def test_a_trusted_document_takes_no_room_among_others():
    queries, runs = PersistedQueries(8192), Runs()
    documents = NamedDocuments(runs.executor, queries, TrustedDocuments({"one": ONE}))

    assert await run(documents, ONE, persisted_query=PersistedQuery("one", 1)) == CHARGED
    assert len(queries) == 0
    assert runs.kept() == CHARGED


async def test_the_answer_that_teaches_a_hash_is_not_kept_and_the_next_is():
    queries, runs = PersistedQueries(8192), Runs()
    documents = NamedDocuments(runs.executor, queries)

    assert await run(documents, ONE, persisted_query=hash_of(ONE)) == CHARGED
    assert (len(queries), runs.kept()) == (1, None)
    assert await run(documents, ONE, persisted_query=hash_of(ONE)) == CHARGED
    assert runs.kept() == CHARGED


async def test_a_document_without_its_hash_is_not_kept():
    queries, runs = PersistedQueries(8192), Runs()

    assert await run(NamedDocuments(runs.executor, queries), ONE) == CHARGED
    assert len(queries) == 0
