"""Trusted documents: asked for by the ids of a manifest, by any client's way to say them; and no others, if so set."""

import json

import pytest

from gateway.cache import sha256_of
from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
TRUSTED = 'query Trusted($id: ID = "G000100001") {invoice(id: $id) {id}}'
UNTRUSTED = '{invoice(id: "G000100002") {id}}'
SHA256 = sha256_of(TRUSTED)
DATA = {"data": {"invoice": {"id": "G000100001"}}}
NOT_TRUSTED = "This gateway runs trusted documents only, and this is none of them."

NAMES = {
    "its id": {"documentId": "0cc175b9c0f1b6a831c399e269772661"},
    "its hash as an id": {"documentId": f"sha256:{SHA256}"},
    "its hash": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": SHA256}}},
    "its id as a hash": {
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0cc175b9c0f1b6a831c399e269772661"}}
    },
}
FORMS = {
    "an object": {NAMES["its id"]["documentId"]: TRUSTED},
    "Apollo's": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": NAMES["its id"]["documentId"], "name": "Trusted", "type": "query", "body": TRUSTED}],
    },
}


@pytest.fixture
def start(start_gateway, tmp_path):
    async def start(manifest=FORMS["an object"], **settings):
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest))
        return (await start_gateway(trusted_documents=path, **settings)).http

    return start


async def post(http, body, **headers):
    return await http.post("/graphql", json=body, headers=TOKEN | headers)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("only", [False, True])
async def test_a_trusted_document_is_asked_for_by_each_of_its_names(start, form, only):
    http = await start(form, trusted_documents_only=only)
    for name in NAMES.values():
        query = {key: each if isinstance(each, str) else json.dumps(each) for key, each in name.items()}
        by_get = await http.get("/graphql", params=query, headers=TOKEN)

        assert (await post(http, name)).json() == DATA
        assert by_get.json() == DATA
        assert (await post(http, name | {"query": TRUSTED})).json() == DATA


async def test_it_takes_variables(start):
    response = await post(await start(), NAMES["its id"] | {"variables": {"id": "G000100003"}})

    assert response.json() == {"data": {"invoice": {"id": "G000100003"}}}


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize(("media_type", "status"), [(JSON, 200), (GRAPHQL, 404)])
async def test_an_id_that_is_not_in_the_manifest_is_not_found(start, sandbox, only, media_type, status):
    http = await start(trusted_documents_only=only)
    for document_id in ("unknown", "sha256:", f"sha256:{SHA256[:-1]}", f"SHA256:{SHA256}"):
        response = await post(http, {"documentId": document_id}, Accept=media_type)
        code = "PERSISTED_QUERY_NOT_FOUND"
        assert_refused(response, status, "PersistedQueryNotFound", code=code, media_type=media_type)
    assert sandbox.calls() == []


async def test_other_documents_run_where_trusted_ones_are_not_all(start):
    http = await start()

    assert (await post(http, {"query": UNTRUSTED})).json() == {"data": {"invoice": {"id": "G000100002"}}}


@pytest.mark.parametrize("document", [UNTRUSTED, f"{TRUSTED} "], ids=["another", "a space more"])
@pytest.mark.parametrize(("media_type", "status"), [(JSON, 200), (GRAPHQL, 403)])
async def test_no_other_document_runs_where_only_trusted_ones_do(start, sandbox, document, media_type, status):
    http = await start(trusted_documents_only=True)
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(document)}}}
    for body in ({"query": document}, hashed | {"query": document}, NAMES["its id"] | {"query": document}):
        response = await post(http, body, Accept=media_type)
        assert_refused(response, status, NOT_TRUSTED, code="DOCUMENT_NOT_TRUSTED", media_type=media_type)

    assert (await post(http, hashed)).json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert sandbox.calls() == []


async def test_an_id_does_not_stand_for_another_document_that_is_sent_with_it(start):
    response = await post(await start(), NAMES["its id as a hash"] | {"query": UNTRUSTED})

    assert response.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_HASH_MISMATCH"


async def test_hashes_of_other_documents_are_taken_beside_them(start):
    http = await start()
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(UNTRUSTED)}}}
    await post(http, hashed | {"query": UNTRUSTED})

    assert (await post(http, hashed)).json() == {"data": {"invoice": {"id": "G000100002"}}}
