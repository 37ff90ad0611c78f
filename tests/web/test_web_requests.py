"""Every way in which a body can fail to be a GraphQL request, and every way in which it can be one."""

import asyncio
import json

import pytest

from tests.web.error_shape import GRAPHQL, JSON, assert_refused

pytestmark = pytest.mark.anyio

TYPENAME = {"data": {"__typename": "Query"}}
NOT_JSON = "The body is not JSON in UTF-8."

NOT_A_REQUEST = (
    "The body is not a GraphQL request: `query` and `operationName` are strings, `variables` and `extensions` objects; "
    "requests cannot be sent as a list."
)

TOO_LARGE = "A number's exponent is too large."
NO_DOCUMENT = "Send a GraphQL document as `query`."
NOT_JSON_TYPE = "Send Content-Type: application/json."

BODIES = {
    "nothing": (b"", NOT_JSON),
    "text": (b"{__typename}", NOT_JSON),
    "half an object": (b'{"query": "{__typename}"', NOT_JSON),
    "two objects": (b'{"query": "{__typename}"}{}', NOT_JSON),
    "a comma too many": (b'{"query": "{__typename}",}', NOT_JSON),
    "NaN": (b'{"query": "{__typename}", "variables": {"a": NaN}}', NOT_JSON),
    "Infinity": (b'{"query": "{__typename}", "variables": {"a": Infinity}}', NOT_JSON),
    "a byte order mark": (b'\xef\xbb\xbf{"query": "{__typename}"}', NOT_JSON),
    "UTF-16": ('{"query": "{__typename}"}'.encode("utf-16"), NOT_JSON),
    "Latin-1": (b'{"query": "{__typename} #\xe9"}', NOT_JSON),
    "half a surrogate pair": (b'{"query": "{__typename} #\\ud800"}', NOT_JSON),
    "nesting without end": (b'{"query": "{__typename}", "a": ' + b"[" * 2000 + b"]" * 2000 + b"}", NOT_JSON),
    "variables nested without end": (
        b'{"query": "{__typename}", "variables": {"a": ' + b"[" * 1900 + b"]" * 1900 + b"}}",
        NOT_JSON,
    ),
    "an exponent beyond decimals": (b'{"query": "{a}", "variables": {"a": 1e9999999999999999999}}', TOO_LARGE),
    "an exponent below decimals": (b'{"query": "{a}", "extensions": {"a": 1e-9999999999999999999}}', TOO_LARGE),
    "a string": (b'"{__typename}"', NOT_A_REQUEST),
    "null": (b"null", NOT_A_REQUEST),
    "a number": (b"1", NOT_A_REQUEST),
    "a list": (b"[]", NOT_A_REQUEST),
    "a batch": (b'[{"query": "{__typename}"}]', NOT_A_REQUEST),
    "query is a number": (b'{"query": 1}', NOT_A_REQUEST),
    "query is an object": (b'{"query": {}}', NOT_A_REQUEST),
    "operationName is a number": (b'{"query": "{__typename}", "operationName": 1}', NOT_A_REQUEST),
    "variables are a list": (b'{"query": "{__typename}", "variables": []}', NOT_A_REQUEST),
    "variables are text": (b'{"query": "{__typename}", "variables": "{}"}', NOT_A_REQUEST),
    "extensions are a list": (b'{"query": "{__typename}", "extensions": []}', NOT_A_REQUEST),
    "extensions are a number": (b'{"query": "{__typename}", "extensions": 0}', NOT_A_REQUEST),
    "no query": (b"{}", NO_DOCUMENT),
    "query is null": (b'{"query": null}', NO_DOCUMENT),
    "query is empty": (b'{"query": ""}', NO_DOCUMENT),
    "only another member": (b'{"document": "{__typename}"}', NO_DOCUMENT),
}


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
@pytest.mark.parametrize(("body", "message"), BODIES.values(), ids=BODIES)
async def test_a_broken_body_is_a_400_in_either_media_type(http, sandbox, body, message, media_type):
    response = await http.post("/graphql", content=body, headers={"Content-Type": JSON, "Accept": media_type})

    assert_refused(response, 400, message, media_type=media_type)
    assert sandbox.calls() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/graphql"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=latin1"},
    ],
    ids=str,
)
async def test_a_body_that_is_not_said_to_be_json_in_utf_8_is_a_415(http, headers):
    response = await http.post("/graphql", content=b'{"query": "{__typename}"}', headers=headers)

    assert_refused(response, 415, NOT_JSON_TYPE)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
async def test_a_compressed_body_is_a_415(http, encoding):
    headers = {"Content-Type": JSON, "Content-Encoding": encoding}
    response = await http.post("/graphql", content=b'{"query": "{__typename}"}', headers=headers)

    assert_refused(response, 415, "Send the body without compression.")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json; charset=utf8; profile=x",
    ],
)
async def test_json_in_utf_8_may_be_said_in_every_way(http, content_type):
    body = json.dumps({"query": "{__typename} # ŝ 漢 🧾"}, ensure_ascii=False).encode()
    response = await http.post("/graphql", content=body, headers={"Content-Type": content_type})

    assert (response.status_code, response.json()) == (200, TYPENAME)


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{__typename}"}',
        b' \r\n{"query": "{__typename}"}\n',
        b'{"query": "{__typename}", "variables": null, "operationName": null, "extensions": null}',
        b'{"query": "{__typename}", "variables": {}, "operationName": "", "extensions": {"persistedQuery": {}}}',
        b'{"query": "{__typename}", "variables": {"unknown": [1, {"a": 1e400}]}}',
        b'{"query": "{__typename}", "id": 7, "documentId": "x"}',
        b'{"query": "query A {__typename}", "operationName": "A"}',
    ],
)
async def test_a_body_may_have_all_that_the_specification_allows(http, body):
    response = await http.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert (response.status_code, response.json()) == (200, TYPENAME)


async def test_of_duplicate_members_the_last_counts(http):
    body = b'{"query": "{nothing}", "query": "{__typename}"}'
    response = await http.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert (response.status_code, response.json()) == (200, TYPENAME)


def body_of(length):
    body = b'{"query": "{__typename}"}'
    return body + b" " * (length - len(body))


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_of_the_longest_length_is_read(http, streamed):
    body = body_of(4096)
    response = await http.post(
        "/graphql", content=in_pieces(body) if streamed else body, headers={"Content-Type": JSON}
    )

    assert (response.status_code, response.json()) == (200, TYPENAME)


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_longer_body_is_a_413_and_the_end_of_the_connection(http, streamed, media_type):
    body = body_of(4097)
    response = await http.post(
        "/graphql",
        content=in_pieces(body) if streamed else body,
        headers={"Content-Type": JSON, "Accept": media_type},
    )

    assert_refused(response, 413, "The body is longer than 4096 bytes.", media_type=media_type, connection="close")


async def in_pieces(body):
    for at in range(0, len(body), 1000):
        yield body[at : at + 1000]


async def test_a_length_that_says_too_much_is_refused_before_the_body_is_read(http):
    async def never():
        pytest.fail("the body was read")
        yield b""

    headers = {"Content-Type": JSON, "Content-Length": "99999999999999999999"}
    response = await http.post("/graphql", content=never(), headers=headers)

    assert response.status_code == 413


async def test_a_body_that_dribbles_is_a_408(http, monkeypatch):
    monkeypatch.setattr("gateway.web.requests._BODY_TIMEOUT_S", 0.05)

    async def dribbling():
        yield b"{"
        await asyncio.sleep(30)

    response = await http.post("/graphql", content=dribbling(), headers={"Content-Type": JSON})

    assert_refused(response, 408, "The body did not arrive in time.", connection="close")


async def test_a_caller_may_ask_again_on_one_connection_after_every_refusal(http):
    statuses = [
        (await http.post("/graphql", content=b"{", headers={"Content-Type": JSON})).status_code,
        (await http.post("/graphql", content=b"", headers={})).status_code,
        (await http.post("/graphql", json={"query": "{__typename}"})).status_code,
    ]

    assert statuses == [400, 415, 200]


async def test_a_body_that_ends_too_early_is_a_400(app):
    """Nobody may be left to read it; the gateway's log must not have a traceback for it."""

    sent = []
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"authorization", b"Bearer x")],
    }
    await app(scope, receive, send)

    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["errors"][0]["message"] == "The body ended too early."
