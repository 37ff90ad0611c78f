"""Valid documents are remembered, by number and by length; others are not."""

import graphql
import pytest
from graphql import GraphQLSyntaxError

from gateway.errors import LimitExceededError
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
    document = documents.parsed(text)
    return document, documents.errors(text, document)


def is_kept(documents, text):
    return documents.parsed(text) is documents.parsed(text)


def test_a_valid_document_is_read_once(documents):
    first, errors = read(documents, "{__typename}")
    again, errors_again = read(documents, "{__typename}")

    assert again is first
    assert errors == errors_again == []


def test_a_document_with_errors_is_not_remembered(documents):
    document, errors = read(documents, "{nothing}")

    assert [error.message for error in errors] == ["Cannot query field 'nothing' on type 'Query'."]
    assert documents.parsed("{nothing}") is not document


@pytest.mark.parametrize(
    ("text", "error"), [("{", GraphQLSyntaxError), ("{" + "a " * 6000 + "}", LimitExceededError)], ids=["text", "long"]
)
def test_a_document_that_cannot_be_read_is_refused_each_time(documents, text, error):
    for _time in range(2):
        with pytest.raises(error):
            documents.parsed(text)


def test_documents_are_kept_to_their_number_and_the_least_used_go_first(documents):
    texts = [f"query Q{number} {{__typename}}" for number in range(KEPT_DOCUMENTS + 1)]
    for text in texts[:-1]:
        read(documents, text)
    documents.parsed(texts[0])  # Used again.
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
