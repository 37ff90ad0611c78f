"""Valid documents are remembered, by number and by length; others are not."""

import asyncio

import graphql
import pytest
from graphql import GraphQLSyntaxError

from gateway.errors import LimitExceededError, OverloadedError
from gateway.operation import Deadline
from gateway.schema import DocumentLimits
from gateway.schema.documents import Documents
from gateway.schema.limits.maxima import KEPT_CHARACTERS, KEPT_DOCUMENTS


@pytest.fixture
def documents() -> Documents:
    return Documents(graphql.build_schema("type Query {a: Int}"), DocumentLimits())


def padded(name: str, length: int) -> str:
    text = f"query {name} {{__typename}} #"
    return text + "x" * (length - len(text))


def read(documents, text):
    return asyncio.run(documents.read(text, Deadline.after(10)))


def is_kept(documents, text):
    return text in documents


def test_a_valid_document_is_read_once(documents):
    first, errors = read(documents, "{__typename}")
    again, errors_again = read(documents, "{__typename}")

    assert again is first
    assert errors == errors_again == []


def test_a_document_with_errors_is_not_remembered(documents):
    document, errors = read(documents, "{nothing}")

    assert [error.message for error in errors] == ["Cannot query field 'nothing' on type 'Query'."]
    assert read(documents, "{nothing}")[0] is not document


@pytest.mark.parametrize(
    ("text", "error"), [("{", GraphQLSyntaxError), ("{" + "a " * 6000 + "}", LimitExceededError)], ids=["text", "long"]
)
def test_a_document_that_cannot_be_read_is_refused_each_time(documents, text, error):
    for _time in range(2):
        with pytest.raises(error):
            read(documents, text)


@pytest.mark.untraced
def test_documents_are_kept_to_their_number_and_the_least_used_go_first(documents):
    texts = [f"query Q{number} {{__typename}}" for number in range(KEPT_DOCUMENTS + 1)]
    for text in texts[:-1]:
        read(documents, text)
    read(documents, texts[0])  # Used again.
    read(documents, texts[-1])

    assert [is_kept(documents, text) for text in texts[:3]] == [True, False, True]
    assert is_kept(documents, texts[-1])


def test_long_documents_are_kept_to_their_length(documents):
    length = KEPT_CHARACTERS // 4
    texts = [padded(f"Q{number}", length) for number in range(5)]
    for text in texts:
        read(documents, text)

    assert [is_kept(documents, text) for text in texts] == [False, True, True, True, True]


def test_a_document_that_would_push_out_the_others_is_not_kept(documents):
    read(documents, "{__typename}")
    too_long = padded("Q", KEPT_CHARACTERS // 4 + 1)
    _document, errors = read(documents, too_long)

    assert errors == []
    assert not is_kept(documents, too_long)
    assert is_kept(documents, "{__typename}")


def test_one_text_that_many_ask_for_at_once_is_read_and_counted_once(documents):
    text = padded("Q", 1000)

    async def ask():
        return await asyncio.gather(*(documents.read(text, Deadline.after(10)) for _ in range(200)))

    answers = asyncio.run(ask())

    assert {id(document) for document, _errors in answers} == {id(answers[0][0])}
    assert is_kept(documents, text)
    for number in range(KEPT_CHARACTERS // 1000 - 1):
        read(documents, padded(f"Q{number}", 1000))
    assert is_kept(documents, text)


def test_who_waits_in_vain_for_a_turn_to_be_read_is_told_so_at_the_deadline(documents):
    async def ask():
        others = [asyncio.create_task(documents.read(padded(f"Q{n}", 1000), Deadline.after(10))) for n in range(50)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await documents.read("{late: __typename}", Deadline.after(0))
        await asyncio.gather(*others)

    asyncio.run(ask())
