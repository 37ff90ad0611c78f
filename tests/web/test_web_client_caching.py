"""What callers may keep: the answer to a GET that names its document, while every part of it is fresh."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache import WholeAnswer, sha256_of
from gateway.web.client_caching import max_age_s
from tests.fakes import FakeClock
from tests.web.error_shape import GRAPHQL, JSON

pytestmark = pytest.mark.anyio

TOKEN = {"Authorization": "Bearer sandbox-partner-1"}
INVOICE = '{invoice(id: "G000100001") {id}}'
BOTH = '{invoiceSummaries {totalCount} invoice(id: "G000100001") {id}}'
TYPENAME = "{__typename}"
MANIFEST = {"invoice": INVOICE, "both": BOTH, "typename": TYPENAME, "bad": '{invoice(id: "?") {id}}'}
BY_ID = {"documentId": "invoice"}
BY_HASH = {"extensions": json.dumps({"persistedQuery": {"version": 1, "sha256Hash": sha256_of(INVOICE)}})}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def http(start_gateway, clock, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(MANIFEST))
    return (await start_gateway(clock=clock, trusted_documents=manifest)).http


async def get(http, parameters, method="GET", **headers):
    return await http.request(method, "/graphql", params=parameters, headers=TOKEN | headers)


def caching(response):
    """What is said to caches, but the tag."""
    names = ("cache-control", "vary", "content-type", "content-length")
    return {name: response.headers[name] for name in names if name in response.headers}


@pytest.mark.parametrize("parameters", [BY_ID, BY_HASH], ids=["by id", "by hash"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_every_header_of_an_answer_that_may_be_kept(http, parameters, accept):
    for _new_and_kept in range(2):
        response = await get(http, parameters, Accept=accept)
        sent = dict(response.headers)

        assert (response.status_code, response.content) == (200, b'{"data":{"invoice":{"id":"G000100001"}}}')
        assert sent.pop("ms-correlationid")
        assert sent == {
            "cache-control": "private, max-age=300",
            "content-length": "40",
            "content-type": f"{accept}; charset=utf-8",
            "etag": '"5b4662f98a72ad578e08ad0fce708c80"',
            "vary": "Accept, Authorization, Origin",
            "x-content-type-options": "nosniff",
        }


async def test_max_age_counts_down_to_the_end_of_the_part_that_ends_first(http, clock):
    assert (await get(http, {"documentId": "both"})).headers["Cache-Control"] == "private, max-age=60"
    clock.now_s += 20.5
    assert (await get(http, {"documentId": "both"})).headers["Cache-Control"] == "private, max-age=39"
    clock.now_s += 39
    assert (await get(http, {"documentId": "both"})).headers["Cache-Control"] == "private, max-age=0"
    clock.now_s += 1
    assert (await get(http, {"documentId": "both"})).headers["Cache-Control"] == "no-store"  # It is stale by now.


async def test_an_answer_of_parts_that_were_read_before_ends_with_them(http, clock):
    await get(http, BY_ID)
    clock.now_s += 290

    assert (await get(http, {"documentId": "both"})).headers["Cache-Control"] == "private, max-age=10"


@pytest.mark.parametrize("known", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_the_answer_is_not_sent_it_again(http, clock, sandbox, known, method):
    tag = (await get(http, BY_ID)).headers["ETag"].strip('"')
    clock.now_s += 10
    response = await get(http, BY_ID, method, **{"If-None-Match": known.format(tag)})

    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", f'"{tag}"')
    assert caching(response) == {"cache-control": "private, max-age=290", "vary": "Accept, Authorization, Origin"}
    assert sandbox.calls() == ["/v1/invoices/G000100001"]


@pytest.mark.parametrize(
    "known", ['"other"', '"5b4662f98a72ad578e08ad0fce708c8"', "5b4662f98a72ad578e08ad0fce708c80", ""]
)
async def test_who_has_another_answer_is_sent_this_one(http, known):
    response = await get(http, BY_ID, **{"If-None-Match": known})

    assert (response.status_code, response.content) == (200, b'{"data":{"invoice":{"id":"G000100001"}}}')


async def test_who_asks_for_an_answer_of_now_is_sent_what_was_read_now(http, clock, sandbox):
    tag = (await get(http, BY_ID)).headers["ETag"]
    clock.now_s += 10
    anew = await get(http, BY_ID, **{"Cache-Control": "no-cache"})
    after = await get(http, BY_ID, **{"If-None-Match": tag})

    assert (anew.status_code, anew.headers["Cache-Control"]) == (200, "no-store")
    assert (after.status_code, after.headers["Cache-Control"]) == (304, "private, max-age=300")
    assert sandbox.calls() == ["/v1/invoices/G000100001"] * 2


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": INVOICE},
        {"query": INVOICE} | BY_HASH,
        {"documentId": "typename"},
        {"documentId": "bad"},
        {"documentId": "unknown"},
    ],
    ids=["a text", "a text with its hash", "nothing that ages", "an error", "no document"],
)
async def test_nothing_else_is_kept(http, parameters):
    for _new_and_kept in range(2):
        response = await get(http, parameters, **{"If-None-Match": "*"})

        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
        assert response.headers["Vary"] == "Accept"
        assert "ETag" not in response.headers


async def test_a_post_is_not_kept(http):
    for _new_and_kept in range(2):
        response = await http.post("/graphql", json=BY_ID, headers=TOKEN | {"If-None-Match": "*"})

        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")


async def test_an_answer_with_an_error_in_one_part_is_not_kept(http, sandbox):
    sandbox.faults({"path": "/v1/invoices/summaries", "status": 400})
    response = await get(http, {"documentId": "both"})
    sandbox.faults()

    assert [error["path"] for error in response.json()["errors"]] == [["invoiceSummaries"]]
    assert response.headers["Cache-Control"] == "no-store"


async def test_what_is_kept_does_not_open_the_door(http):
    tag = (await get(http, BY_ID)).headers["ETag"]
    known = {"If-None-Match": tag}

    assert (await http.get("/graphql", params=BY_ID, headers=known)).status_code == 401
    assert (await get(http, BY_ID, **known, **{"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await get(http, BY_ID, **known, Accept="text/plain")).status_code == 406


async def test_who_sends_another_token_has_an_answer_of_its_own(http, clock, sandbox):
    await get(http, BY_ID)
    clock.now_s += 10
    other = await get(http, BY_ID, Authorization="Bearer sandbox-partner-2")

    assert other.headers["Cache-Control"] == "private, max-age=300"
    assert sandbox.calls() == ["/v1/invoices/G000100001"] * 2


async def test_without_kept_answers_callers_keep_none(start_gateway, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(MANIFEST))
    http = (await start_gateway(cache_url="none://", trusted_documents=manifest)).http

    assert (await get(http, BY_ID)).headers["Cache-Control"] == "no-store"


MOMENTS = st.floats(0, 4e9)


@given(MOMENTS, MOMENTS)
def test_max_age_is_never_beyond_what_is_left(fresh_until_s, now_s):
    found = max_age_s(WholeAnswer(b"", fresh_until_s), now_s)

    assert found == 0 or 0 < found <= fresh_until_s - now_s


def test_what_has_no_end_has_no_max_age():
    assert max_age_s(WholeAnswer(b"", math.inf), 0) is None


@given(st.binary(), st.binary())
def test_tags_are_equal_for_equal_bodies_and_no_others(one, other):
    assert (WholeAnswer(one, 1).tag == WholeAnswer(other, 2).tag) is (one == other)
