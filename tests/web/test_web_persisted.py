"""Automatic persisted queries, as Apollo's clients speak them: by POST and GET, for whoever is known."""

import json

import pytest

from gateway.cache import sha256_of
from tests.fakes import FakeClock
from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

DOCUMENT = '{invoice(id: "G000100001") {id}}'
HASH = sha256_of(DOCUMENT)
DATA = {"data": {"invoice": {"id": "G000100001"}}}
TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
NOT_FOUND = ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
NOT_SUPPORTED = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")


@pytest.fixture
async def http(start_gateway):
    return (await start_gateway()).http


def hashed(sha256=HASH, version=1, **parameters):
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": sha256}}} | parameters


async def post(http, body, **headers):
    return await http.post("/graphql", json=body, headers=TOKEN | headers)


async def get(http, body, **headers):
    query = {name: each if isinstance(each, str) else json.dumps(each) for name, each in body.items()}
    return await http.get("/graphql", params=query, headers=TOKEN | headers)


@pytest.mark.parametrize("ask", [post, get])
@pytest.mark.parametrize(("media_type", "status"), [(JSON, 200), (GRAPHQL, 404)])
async def test_a_hash_that_nobody_knows_is_told_in_apollos_words(http, sandbox, ask, media_type, status):
    response = await ask(http, hashed(), Accept=media_type)

    message, code = NOT_FOUND
    assert_refused(response, status, message, code=code, media_type=media_type)
    assert sandbox.calls() == []


@pytest.mark.parametrize("register", [post, get])
@pytest.mark.parametrize("ask", [post, get])
async def test_a_document_that_came_with_its_hash_is_known_by_it(http, register, ask):
    registered = await register(http, hashed(query=DOCUMENT))

    assert (registered.status_code, registered.json()) == (200, DATA)
    assert registered.headers["Cache-Control"] == "no-store"
    assert (await ask(http, hashed())).json() == DATA
    assert (await ask(http, {"documentId": f"sha256:{HASH}"})).json() == DATA


async def test_it_takes_variables_and_the_name_of_an_operation(http):
    document = "query A($id: ID!) {invoice(id: $id) {id}} query B {__typename}"
    more = {"variables": {"id": "G000100002"}, "operationName": "A"}
    await post(http, hashed(sha256_of(document), query=document, **more))

    by_hash = await get(http, hashed(sha256_of(document), **more))
    assert by_hash.json() == {"data": {"invoice": {"id": "G000100002"}}}


async def test_a_document_with_another_hash_is_refused_whatever_is_accepted(http, sandbox):
    for media_type in (JSON, GRAPHQL):
        response = await post(http, hashed("0" * 64, query=DOCUMENT), Accept=media_type)
        message = "The hash is not that of the document: send its SHA-256, in small hexadecimal digits."
        assert_refused(response, 400, message, code="PERSISTED_QUERY_HASH_MISMATCH", media_type=media_type)
    assert sandbox.calls() == []


@pytest.mark.parametrize("version", [2, None])
@pytest.mark.parametrize("parameters", [{}, {"query": DOCUMENT}])
async def test_another_version_is_not_supported(http, version, parameters):
    response = await post(http, hashed(version=version, **parameters), Accept=GRAPHQL)

    message, code = NOT_SUPPORTED
    assert_refused(response, 400, message, code=code, media_type=GRAPHQL)


@pytest.mark.parametrize("said", [7, [], {"version": "1"}, {"version": 1, "sha256Hash": 7}])
async def test_what_is_no_name_is_refused(http, said):
    response = await post(http, {"extensions": {"persistedQuery": said}})

    assert_refused(response, 400, "`extensions.persistedQuery` has a number `version` and a string `sha256Hash`.")
    assert_refused(await post(http, {"documentId": 7}), 400, "`documentId` is a string.")
    two_names = await post(http, hashed(documentId="a"))
    assert_refused(two_names, 400, "Name a document by `documentId` or by its hash, not by both.")


async def test_an_id_beside_a_document_is_not_looked_at(http):
    response = await post(http, hashed(documentId=7, query=DOCUMENT))

    assert response.json() == DATA


@pytest.mark.parametrize(
    "document",
    ["{", "{nothing}", "{invoice(id: 7.5) {id}}", "{__typename}"],
    ids=["no GraphQL", "not of the schema", "a bad literal", "nothing of upstream's"],
)
async def test_what_upstream_has_not_answered_is_not_kept(http, document):
    await post(http, hashed(sha256_of(document), query=document))

    assert (await post(http, hashed(sha256_of(document)))).json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_who_is_not_known_stores_nothing(http, sandbox):
    refused = await http.post("/graphql", json=hashed(query=DOCUMENT), headers={"Authorization": ""})
    sandbox.faults({"status": 401})
    unknown = await post(http, hashed(query=DOCUMENT))
    sandbox.faults()

    assert refused.status_code == 401
    assert unknown.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await post(http, hashed())).json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_who_is_not_known_learns_nothing(http):
    await post(http, hashed(query=DOCUMENT))

    assert (await http.post("/graphql", json=hashed(), headers={"Authorization": ""})).status_code == 401
    assert (await get(http, hashed(), **{"Sec-Fetch-Site": "cross-site"})).status_code == 403


async def test_a_document_is_kept_though_its_answer_is_stale(start_gateway):
    clock = FakeClock()
    gateway = await start_gateway(clock=clock)
    await gateway.ask(DOCUMENT)
    clock.now_s += 600
    stale = await post(gateway.http, hashed(query=DOCUMENT))

    assert stale.json()["extensions"]["freshness"][0]["reason"] == "RENEWING"
    assert (await post(gateway.http, hashed())).json()["data"] == DATA["data"]


async def test_an_answer_by_hash_is_kept_by_the_requests_bytes(http, sandbox):
    await post(http, hashed(query=DOCUMENT))
    answers = [await post(http, hashed()) for _ in range(3)]

    assert [answer.json() for answer in answers] == [DATA] * 3
    assert sandbox.calls() == ["/v1/invoices/G000100001"]


async def test_a_document_that_was_pushed_out_is_known_again_once_it_is_sent(start_gateway):
    http = (await start_gateway(persisted_queries_max_bytes=8 * 400)).http
    for number in range(12):
        document = DOCUMENT + "#" * number
        await post(http, hashed(sha256_of(document), query=document))

    other = {"variables": {"other": "answers are kept for"}}
    assert (await post(http, hashed(**other))).json()["errors"][0]["message"] == "PersistedQueryNotFound"
    await post(http, hashed(query=DOCUMENT))
    assert (await post(http, hashed(**other))).json() == DATA


async def test_without_room_for_documents_hashes_are_not_supported(start_gateway):
    http = (await start_gateway(persisted_queries_max_bytes=0)).http
    with_document = await post(http, hashed(query=DOCUMENT))
    alone = await post(http, hashed())

    message, code = NOT_SUPPORTED
    assert with_document.json() == DATA
    assert_refused(alone, 200, message, code=code)
