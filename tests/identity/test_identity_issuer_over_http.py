"""An issuer over real HTTP, through the gateway's own transport: rotation, redirects, silence, endless bodies."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError
from gateway.identity import issuer_keys
from gateway.identity.issuer_keys import IssuerKeys
from gateway.identity.issuers import entra
from gateway.identity.token_verifier import TokenVerifier
from gateway.partner_center.transport import Transport, build_client
from tests.fakes import FakeClock
from tests.identity.fake_issuer import AUDIENCE, NOW_S, ROLE, SCOPE, TENANT, USER, claims, jwk, rsa_key, token

pytestmark = pytest.mark.anyio

METADATA_PATH = f"/{TENANT}/v2.0/.well-known/openid-configuration"
KEYS_PATH = "/keys"
OLD = jwk(rsa_key("first"), "first")
NEW = jwk(rsa_key("second"), "second")


class ServedIssuer:
    """An issuer on a loopback port that speaks just enough HTTP.

    Attributes:
        asked: how often each path was asked for.
        keys: what it publishes.
        answers: bytes to send for a path in place of what belongs there; None is silence, `endless` never ends.
        sent_bytes: of endless bodies.
        url: where it is, once it has started.
    """

    def __init__(self):
        self.asked = Counter()
        self.keys = [OLD]
        self.answers = {}
        self.sent_bytes = 0
        self.url = ""
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ")[1].decode()
                self.asked[path] += 1
                await self._answer(path, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path, writer):
        usual = {
            METADATA_PATH: {"issuer": f"{self.url}/{TENANT}/v2.0", "jwks_uri": self.url + KEYS_PATH},
            KEYS_PATH: {"keys": self.keys},
        }
        answer = self.answers.get(path, usual[path])
        if answer is None:
            return
        if answer == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 314572800\r\n\r\n")
            for _ in range(4800):
                writer.write(b" " * 65536)
                await writer.drain()
                self.sent_bytes += 65536
        elif isinstance(answer, bytes):
            writer.write(answer)
            if b"Connection: close" in answer:
                raise ConnectionError
        else:
            body = json.dumps(answer).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@asynccontextmanager
async def door_to(served):
    """A verifier of a served issuer's tokens, and the clock of its keys."""
    await served.start()
    ticks = FakeClock()
    async with build_client("https://upstream.example", timeout_s=10, transport=Transport(max_connections=4)) as http:
        keys = IssuerKeys(entra(served.url, TENANT), http, fresh_s=300, clock=ticks)
        yield TokenVerifier(keys, audiences=[AUDIENCE], scope=SCOPE, role=ROLE, clock=FakeClock(NOW_S)), ticks
        await keys.aclose()
    await served.stop()
    # Connections that were just closed end in the loop's next turns.
    await asyncio.sleep(0)


def signed_by(served, name, kid):
    return token(claims(iss=f"{served.url}/{TENANT}/v2.0"), rsa_key(name), kid=kid)


async def test_200_verifications_at_once_cost_one_request_of_each_kind():
    served = ServedIssuer()
    async with door_to(served) as (verifier, _):
        text = signed_by(served, "first", "first")
        found = await asyncio.gather(*(verifier.verify(text) for _ in range(200)))

    assert {claim.object_id for claim in found} == {USER}
    assert served.asked == {METADATA_PATH: 1, KEYS_PATH: 1}


async def test_keys_rotate_in_the_middle_of_a_run():
    served = ServedIssuer()
    async with door_to(served) as (verifier, ticks):
        old, new = signed_by(served, "first", "first"), signed_by(served, "second", "second")
        await verifier.verify(old)
        served.keys = [OLD, NEW]
        both = await asyncio.gather(*(verifier.verify(text) for text in [old, new] * 50))
        served.keys = [NEW]
        ticks.now_s += 300
        after = await asyncio.gather(*(verifier.verify(text) for text in [old, new] * 50), return_exceptions=True)

    assert [claim.object_id for claim in both] == [USER] * 100
    assert [type(found) for found in after[::2]] == [UnauthenticatedError] * 50
    assert [found.object_id for found in after[1::2]] == [USER] * 50
    assert served.asked == {METADATA_PATH: 3, KEYS_PATH: 3}


async def test_a_redirect_is_not_followed():
    served, elsewhere = ServedIssuer(), ServedIssuer()
    async with door_to(elsewhere), door_to(served) as (verifier, _):
        location = (elsewhere.url + KEYS_PATH).encode()
        served.answers[KEYS_PATH] = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location
        with pytest.raises(UpstreamUnavailableError):
            await verifier.verify(signed_by(served, "first", "first"))

    assert served.asked == {METADATA_PATH: 1, KEYS_PATH: 1}
    assert elsewhere.asked == {}


@pytest.mark.parametrize("silent", [METADATA_PATH, KEYS_PATH])
async def test_an_issuer_that_never_answers_is_given_up_for_all_at_once(silent, monkeypatch):
    monkeypatch.setattr(issuer_keys, "_READ_TIMEOUT_S", 0.2)
    served = ServedIssuer()
    served.answers[silent] = None
    async with door_to(served) as (verifier, _):
        text = signed_by(served, "first", "first")
        found = await asyncio.gather(*(verifier.verify(text) for _ in range(20)), return_exceptions=True)

    assert [str(error) for error in found] == ["The token issuer cannot be reached."] * 20
    assert served.asked[silent] == 1


async def test_a_body_of_300_mb_is_not_read_to_its_end():
    served = ServedIssuer()
    served.answers[KEYS_PATH] = "endless"
    async with door_to(served) as (verifier, _):
        with pytest.raises(UpstreamUnavailableError):
            await verifier.verify(signed_by(served, "first", "first"))

    # One MiB, and what buffers on both sides hold.
    assert served.sent_bytes < 16 * 1024**2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_no_answer_leaves_the_last_keys(answer, monkeypatch):
    monkeypatch.setattr(issuer_keys, "_READ_TIMEOUT_S", 0.5)
    served = ServedIssuer()
    async with door_to(served) as (verifier, ticks):
        text = signed_by(served, "first", "first")
        await verifier.verify(text)
        served.answers[KEYS_PATH] = answer
        ticks.now_s += 300
        found = await verifier.verify(text)

    assert found.object_id == USER
    assert served.asked[KEYS_PATH] == 2


async def test_nobody_there_is_not_the_callers_fault():
    served = ServedIssuer()
    async with door_to(served) as (verifier, _):
        await served.stop()
        with pytest.raises(UpstreamUnavailableError):
            await verifier.verify(signed_by(served, "first", "first"))

    assert served.asked == {}
