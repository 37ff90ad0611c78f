"""What an issuer answers: useless, another's, too long; none of it is followed or believed."""

import gzip
import json

import httpx
import pytest
import structlog

from gateway.errors import UpstreamUnavailableError
from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.issuers import openid_provider
from tests.fakes import FakeClock
from tests.identity.fake_issuer import AUTHORITY, KEYS_URL, METADATA, METADATA_URL, TENANT, V2, Door, FakeIssuer
from tests.identity.issuer_key_checks import BOTH, NEW, OLD, assert_believed, assert_unavailable

pytestmark = pytest.mark.anyio


def answer(status=200, **content):
    return httpx.Response(status, **content)


USELESS = {
    "HTML": answer(html="<html>Sign in</html>"),
    "nothing": answer(content=b""),
    "no object": answer(json=[NEW]),
    "null": answer(json=None),
    "an object without keys": answer(json={}),
    "keys null": answer(json={"keys": None}),
    "keys as an object": answer(json={"keys": {"second": NEW}}),
    "not UTF-8": answer(content=b'{"\xff":[]}'),
    "deep": answer(content=b'{"keys":[' + b"[" * 100_000),
    "500": answer(500, json={"keys": [NEW]}),
    "404": answer(404, json={"keys": [NEW]}),
    "204": answer(204),
    "206": answer(206, json={"keys": [NEW]}),
    "301": answer(301, headers={"Location": KEYS_URL}, json={"keys": [NEW]}),
    "302": answer(302, headers={"Location": "https://attacker.example/keys"}),
    "307": answer(307, headers={"Location": "/keys"}),
    "compressed": answer(
        headers={"Content-Encoding": "gzip"}, content=gzip.compress(json.dumps({"keys": [NEW]}).encode())
    ),
    "a broken connection": httpx.ReadError("broken"),
    "a fault of the transport": RuntimeError("closed"),
}


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS.keys())
async def test_a_useless_answer_for_the_keys_leaves_the_old_ones(useless):
    door = Door()
    await assert_believed(door)
    door.issuer.jwks = useless
    door.ticks.now_s += 300
    await assert_believed(door)

    assert door.issuer.requests == BOTH * 2


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS.keys())
async def test_a_useless_answer_for_the_metadata_asks_for_nothing_else(useless):
    door = Door()
    door.issuer.metadata = useless
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]


OTHERS_METADATA = {
    "another issuer": {"issuer": "https://attacker.example", "jwks_uri": KEYS_URL},
    "another tenant": {"issuer": f"{AUTHORITY}/22222222-0000-4000-8000-000000000002/v2.0", "jwks_uri": KEYS_URL},
    "a slash more": {"issuer": V2 + "/", "jwks_uri": KEYS_URL},
    "no issuer": {"jwks_uri": KEYS_URL},
    "issuer null": {"issuer": None, "jwks_uri": KEYS_URL},
    "no keys": {"issuer": V2},
    "keys null": {"issuer": V2, "jwks_uri": None},
    "keys by http": {"issuer": V2, "jwks_uri": "http://login.example/keys"},
    "keys by http on loopback": {"issuer": V2, "jwks_uri": "http://127.0.0.1/keys"},
    "keys in a file": {"issuer": V2, "jwks_uri": "file:///keys"},
    "keys at a path": {"issuer": V2, "jwks_uri": "/keys"},
    "keys with a password": {"issuer": V2, "jwks_uri": "https://user:secret@login.example/keys"},
    "keys at no address": {"issuer": V2, "jwks_uri": "https:///keys"},
}


@pytest.mark.parametrize("metadata", OTHERS_METADATA.values(), ids=OTHERS_METADATA.keys())
async def test_metadata_of_another_or_with_keys_that_cannot_be_trusted_are_not_followed(metadata):
    door = Door()
    door.issuer.metadata = metadata
    await assert_unavailable(door)

    assert door.issuer.requests == [METADATA]


@pytest.mark.parametrize("issuer", [V2, f"{AUTHORITY}/{{tenantid}}/v2.0", f"https://sts.windows.net/{TENANT}/"])
async def test_metadata_may_name_the_issuer_by_any_of_its_names(issuer):
    door = Door()
    door.issuer.metadata = {"issuer": issuer, "jwks_uri": KEYS_URL}

    await assert_believed(door)


async def test_what_is_asked_for_is_uncompressed_json_without_credentials():
    issuer = FakeIssuer()
    issuer.http.auth = ("user", "secret")
    await assert_believed(Door(issuer))

    assert issuer.headers["Accept"] == "application/json"
    assert issuer.headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in issuer.headers


async def test_a_body_of_300_mb_is_left_after_one():
    sent = []

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self):
            for _ in range(300 * 16):
                sent.append(64 * 1024)
                yield b" " * (64 * 1024)

    door = Door()
    door.issuer.jwks = answer(stream=Endless())
    await assert_unavailable(door)

    assert sum(sent) == 1024**2 + 64 * 1024


@pytest.mark.parametrize(("length", "taken"), [(1024**2, True), (1024**2 + 1, False)])
async def test_a_body_of_one_mib_is_the_longest(length, taken):
    body = json.dumps({"keys": [OLD]}).encode()
    door = Door()
    door.issuer.jwks = answer(content=body + b" " * (length - len(body)))

    await (assert_believed(door) if taken else assert_unavailable(door))


@pytest.mark.parametrize(
    ("keys_url", "taken"),
    [
        ("http://127.0.0.1:8091/keys", True),
        ("http://[::1]/keys", True),
        ("https://keys.example/keys", True),
        ("http://keys.example/keys", False),
        ("http://10.0.0.1/keys", False),
    ],
)
async def test_an_issuer_on_loopback_may_have_its_keys_there_without_tls(keys_url, taken):
    asked = []

    async def served(request):
        asked.append(str(request.url))
        metadata = {"issuer": "http://127.0.0.1:8090", "jwks_uri": keys_url}
        return answer(json={"keys": [OLD]} if len(asked) == 2 else metadata)

    http = httpx.AsyncClient(transport=httpx.MockTransport(served))
    keys = IssuerKeys(openid_provider("http://127.0.0.1:8090"), http, fresh_s=300, clock=FakeClock())
    metadata_url = "http://127.0.0.1:8090/.well-known/openid-configuration"
    if taken:
        assert [key.algorithm for key in await keys.with_id("first")] == ["RS256", "PS256"]
        assert asked == [metadata_url, keys_url]
    else:
        with pytest.raises(UpstreamUnavailableError):
            await keys.with_id("first")
        assert asked == [metadata_url]


async def test_operators_are_told_why_but_not_at_length():
    door = Door()
    door.issuer.jwks = httpx.ReadError("x" * 5000)
    with structlog.testing.capture_logs() as told:
        await assert_unavailable(door)

    assert [(line["event"], line["url"], line["reason"]) for line in told] == [
        ("the token issuer's keys could not be read", METADATA_URL, "ReadError: " + "x" * 189)
    ]
