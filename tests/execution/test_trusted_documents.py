"""The manifest is read whole or not at all: whatever is wrong with it stops the start, by its name."""

import json

import pytest

from gateway.app import create_app
from gateway.cache import sha256_of
from gateway.execution.trusted_documents import read_trusted_documents
from gateway.schema import DocumentLimits, build_schema
from gateway.settings import Settings, SettingsError

GOOD = "{invoiceSummaries {totalCount}}"
DOCUMENTS = build_schema(limits=DocumentLimits(depth=3)).documents
APOLLO = "apollo-persisted-query-manifest"
NOT_JSON = "must be a JSON file in UTF-8"
NO_OBJECT = "must hold an object of documents by id, or Apollo's manifest"
NOT_APOLLOS = f"must be of the format {APOLLO}, version 1, with a list"
NO_ID = "entry 1 must have an id of up to 256 characters"


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "manifest.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_trusted_documents(path, DOCUMENTS)

    return read


def refusal(read, content):
    with pytest.raises(SettingsError) as raised:
        read(content)
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", NOT_JSON),
        (b"{", NOT_JSON),
        (b'{"a": "\xff"}', NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b'{"a": %s}' % (b"9" * 5000), NOT_JSON),
        (b"[]", NO_OBJECT),
        (b'[["a", "{b}"]]', NO_OBJECT),
        (b'"{invoiceSummaries {totalCount}}"', NO_OBJECT),
        ({"": GOOD}, NO_ID),
        ({"a" * 257: GOOD}, NO_ID),
        ({"a": None}, "'a' must be a document's text"),
        ({"a": {"body": GOOD}}, "'a' must be a document's text"),
        ({"a": "{"}, "'a': Syntax Error: Expected Name, found <EOF>. (line 1, column 2)"),
        ({"a": ""}, "'a': Syntax Error: Unexpected <EOF>. (line 1, column 1)"),
        ({"a": "{nothing}"}, "'a': Cannot query field 'nothing' on type 'Query'. (line 1, column 2)"),
        ({"a\n": "{nothing}"}, "'a\\n': Cannot query field 'nothing' on type 'Query'. (line 1, column 2)"),
        ({"a": "#" * 70_000}, "'a': This is over a limit of the gateway: documentBytes, at most 65536."),
        (
            {"a": "{invoices {nodes {amendments {id}}}}"},
            "'a': This is over a limit of the gateway: depth, at most 3.",
        ),
        (b'{"a": "{invoiceSummaries {totalCount}} #\\ud800"}', "'a': is no text in UTF-8"),
        ({"sha256:" + "0" * 64: GOOD}, f"'sha256:{'0' * 64}': is not the SHA-256 of its document"),
        (b'{"a": "{__typename}", "a": "{a: __typename}"}', "'a': stands for two documents"),
        ({"format": APOLLO, "version": 2, "operations": []}, NOT_APOLLOS),
        ({"format": "other", "version": 1, "operations": []}, NOT_APOLLOS),
        ({"format": APOLLO, "version": 1, "operations": [7]}, NO_ID),
        ({"format": APOLLO, "version": 1, "operations": [{"body": GOOD}]}, NO_ID),
        ({"format": APOLLO, "version": 1, "operations": [{"id": "a"}]}, "'a' must be a document's text"),
        ({"format": APOLLO, "version": 1, "operations": {"a": GOOD}}, NOT_APOLLOS),
    ],
)
def test_what_is_wrong_is_told(read, content, problem):
    assert refusal(read, content) == [f"GATEWAY_TRUSTED_DOCUMENTS: {problem}"]


def test_every_document_that_is_wrong_is_told_up_to_twenty(read):
    assert len(refusal(read, {"good": GOOD} | {f"bad{number}": "{a b}" for number in range(3)})) == 6
    assert len(refusal(read, {f"bad{number}": "{a b c}" for number in range(30)})) == 20


def test_a_file_that_is_too_long_is_not_read(read, monkeypatch):
    monkeypatch.setattr("gateway.execution.trusted_documents._LONGEST_MANIFEST_BYTES", 50)

    assert len(read(json.dumps({"a": GOOD}).encode().ljust(50))) == 1
    assert refusal(read, b" " * 51) == ["GATEWAY_TRUSTED_DOCUMENTS: is longer than 50 bytes"]


@pytest.mark.parametrize(("name", "reason"), [("nowhere", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_is_none_stops_the_start(tmp_path, name, reason):
    settings = Settings(trusted_documents=tmp_path / name)

    with pytest.raises(SettingsError, match=f"^GATEWAY_TRUSTED_DOCUMENTS: {reason}$"):
        create_app(settings)


def test_only_trusted_documents_need_a_manifest(monkeypatch):
    monkeypatch.setenv("GATEWAY_TRUSTED_DOCUMENTS_ONLY", "true")

    with pytest.raises(SettingsError, match=r"^GATEWAY_TRUSTED_DOCUMENTS_ONLY: needs GATEWAY_TRUSTED_DOCUMENTS$"):
        Settings.read()


def test_a_document_is_found_by_its_names_and_no_other(read):
    other = "{invoiceSummaries {totalCount}} #"
    hash_said, hash_found = sha256_of(other), sha256_of(GOOD)
    trusted = read(b"\xef\xbb\xbf" + json.dumps({"a": GOOD, hash_said: GOOD, f"sha256:{hash_found}": GOOD}).encode())

    assert [trusted.by_id(name) for name in ("a", hash_said, f"sha256:{hash_found}")] == [GOOD] * 3
    assert [trusted.by_id(name) for name in ("b", "", f"sha256:{hash_said}", hash_found)] == [None] * 4
    assert (GOOD in trusted, other in trusted) == (True, False)


def test_a_hash_is_its_own_documents_whatever_else_has_it_for_an_id(read):
    other = "{invoiceSummaries {totalCount}} #"
    trusted = read({sha256_of(GOOD): other, "b": GOOD})

    assert (trusted.by_sha256(sha256_of(GOOD)), trusted.by_sha256("b")) == (GOOD, GOOD)
