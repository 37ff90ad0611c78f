"""Documents that an operator trusts: the manifest, read once, every document of it fit to run."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from gateway.cache import sha256_of
from gateway.errors import LimitExceededError
from gateway.schema.documents import Documents
from gateway.settings import SettingsError

_SETTING = "GATEWAY_TRUSTED_DOCUMENTS"

# Thousands of documents; each takes some milliseconds to validate.
_LONGEST_MANIFEST_BYTES = 16 * 1024**2
_LONGEST_ID = 256  # Characters; a hash has 64, clients may put their names before it.
_MOST_TOLD = 20

# How Apollo's manifest says what it is, as its generate-persisted-query-manifest writes it (observed).
_APOLLO = "apollo-persisted-query-manifest"
_APOLLO_VERSION = 1

# GraphQL over HTTP, appendix "Persisted Documents": the SHA-256 of the document's UTF-8 follows.
_SHA256_PREFIX = "sha256:"


def sha256_in(document_id: str) -> str | None:
    """The hash that an id says it is; None where it is a name of another kind."""
    return document_id.removeprefix(_SHA256_PREFIX) if document_id.startswith(_SHA256_PREFIX) else None


class TrustedDocuments:
    """Documents by the ids of a manifest, and by their SHA-256 where their ids are something else.

    Args:
        by_id: documents by id.
    """

    def __init__(self, by_id: dict[str, str]) -> None:
        self._by_id = by_id
        self._by_sha256 = {sha256_of(document): document for document in by_id.values()}
        self._texts = frozenset(by_id.values())

    def __contains__(self, document: str) -> bool:
        return document in self._texts

    def __len__(self) -> int:
        return len(self._by_id)

    def by_id(self, document_id: str) -> str | None:
        """The document with an id, or with the hash that follows `sha256:`."""
        found, sha256 = self._by_id.get(document_id), sha256_in(document_id)
        return found if found is not None or sha256 is None else self._by_sha256.get(sha256)

    def by_sha256(self, sha256: str) -> str | None:
        """The document with a hash; or with this id, since Apollo's clients send their manifest's ids as hashes."""
        return self._by_sha256.get(sha256) or self._by_id.get(sha256)


def read_trusted_documents(path: Path, documents: Documents) -> TrustedDocuments:
    """The manifest at a path, in any of three forms.

    An object from id to document is what GraphQL Code Generator (`persistedDocuments.json`) and Relay
    (`persisted_queries.json`) write; Apollo's has a list of `operations`, each with `id` and `body`.

    Args:
        path: of the file.
        documents: of the schema that each is to fit, within the limits of any other document.

    Raises:
        SettingsError: it cannot be read, is none of these, or holds a document that could not run.
    """
    by_id: dict[str, str] = {}
    problems: list[str] = []
    for document_id, document in _entries(_manifest(path)):
        known = by_id.setdefault(document_id, document)
        found = _problems(document, documents) if known == document else ["stands for two documents"]
        if not found and sha256_in(document_id) not in (None, sha256_of(document)):
            found = ["is not the SHA-256 of its document"]
        problems += [f"{_SETTING}: {document_id!r}: {problem}" for problem in found]
        if len(problems) >= _MOST_TOLD:
            break
    if problems:
        raise SettingsError("\n".join(problems[:_MOST_TOLD]))
    return TrustedDocuments(by_id)


def _manifest(path: Path) -> list[tuple[str, Any]]:
    """The members of the file's object, in their order."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_MANIFEST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{_SETTING}: {error.strerror}") from None
    if len(data) > _LONGEST_MANIFEST_BYTES:
        raise SettingsError(f"{_SETTING}: is longer than {_LONGEST_MANIFEST_BYTES} bytes")
    try:
        # Pairs: an object would have the last of two members of one name, and say nothing. Numbers mean nothing here.
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_Object, parse_float=str)
    except (ValueError, RecursionError):
        raise SettingsError(f"{_SETTING}: must be a JSON file in UTF-8") from None
    if not isinstance(found, _Object):
        raise SettingsError(f"{_SETTING}: must hold an object of documents by id, or Apollo's manifest")
    return found


class _Object(list[tuple[str, Any]]):
    """A JSON object's members, which is no JSON list."""


def _entries(members: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """Ids with their documents, whatever the form."""
    manifest = dict(members)
    entries: Iterable[tuple[Any, Any]] = members
    operations = manifest.get("operations", "")
    if not isinstance(operations, str):
        said = (manifest.get("format"), manifest.get("version"), type(operations))
        if said != (_APOLLO, _APOLLO_VERSION, list):
            raise SettingsError(f"{_SETTING}: must be of the format {_APOLLO}, version {_APOLLO_VERSION}, with a list")
        listed = [dict(each) if isinstance(each, _Object) else {} for each in operations]
        entries = [(each.get("id"), each.get("body")) for each in listed]
    for number, (document_id, document) in enumerate(entries, 1):
        if not isinstance(document_id, str) or not 0 < len(document_id) <= _LONGEST_ID:
            raise SettingsError(f"{_SETTING}: entry {number} must have an id of up to {_LONGEST_ID} characters")
        if not isinstance(document, str):
            raise SettingsError(f"{_SETTING}: {document_id!r} must be a document's text")
        yield document_id, document


def _problems(text: str, documents: Documents) -> list[str]:
    """What keeps a document from being run."""
    try:
        text.encode()
        _document, errors = documents.checked(text)
    except UnicodeEncodeError:
        return ["is no text in UTF-8"]
    except LimitExceededError as error:
        return [error.message]
    except GraphQLError as error:
        errors = [error]
    return [_with_place(error) for error in errors]


def _with_place(error: GraphQLError) -> str:
    place = error.locations[0] if error.locations else None
    return error.message if place is None else f"{error.message} (line {place.line}, column {place.column})"
