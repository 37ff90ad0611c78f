"""No token, no refresh token and no secret in any line of the log, at debug level, whatever fails."""

import asyncio
import io
import json
import logging
import re

import pytest
import structlog
from sign_in_documents import SUMMARIES
from sign_in_token_file import TOKEN_KEY, store_refresh_token, stored_refresh_token

from gateway import telemetry
from gateway.partner_center.msal_http import MsalHTTPClient
from gateway.sandbox.authority import GATEWAY, PARTNER_CENTER

pytestmark = pytest.mark.anyio

# What a JWT begins with: {" in base64.
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}")
# As the authority makes them.
REFRESH_TOKEN = re.compile(r"\b1\.[A-Za-z0-9_-]{16,}")


@pytest.fixture(params=["as the gateway logs", "every logger at debug"])
def lines(request, monkeypatch):
    """The log as it grows, set up as `gateway serve --log-level debug` does, or with no logger quieted."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    noisy = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "asyncio", "aiohttp.client")}
    config = structlog.get_config()
    monkeypatch.setattr(telemetry.sys, "stderr", stream)
    telemetry.configure_logging("debug")
    if request.param.startswith("every"):
        for name in ("httpx", "aiohttp.client"):
            logging.getLogger(name).setLevel(logging.DEBUG)
    yield lambda: stream.getvalue().splitlines()
    structlog.configure(**config)
    root.handlers[:] = before
    root.setLevel(level)
    for name, was in noisy.items():
        logging.getLogger(name).setLevel(was)


@pytest.fixture
def secrets(monkeypatch):
    """Every token that the gateway was sent or got, and what it proves itself with."""
    found = {GATEWAY.secret, TOKEN_KEY}
    original = MsalHTTPClient.post

    def post(client, url, **options):
        response = original(client, url, **options)
        try:
            answer = json.loads(response.text)
        except ValueError:
            return response
        found.update(str(answer[name]) for name in ("access_token", "refresh_token", "id_token") if name in answer)
        return response

    monkeypatch.setattr(MsalHTTPClient, "post", post)
    return found


FAULTS = [
    {"status": 200, "body": "html"},
    {"status": 401, "code": "7000215"},
    {"status": 429, "retry_after": "0"},
    {"status": 500, "retry_after": "0"},
    {"status": 503, "body": "html", "retry_after": "0"},
    {"cut": 700},
    # A proxy that cuts an answer and calls it whole.
    {
        "body": "raw",
        "raw": '{"access_token": "eyJhbGciOiJub25lIn0.secretsecret", "refresh_token": "1.secretsecretsecret',
    },
    {
        "body": "raw",
        "raw": '{"access_token": ["eyJhbGciOiJub25lIn0.secretsecret"], "error": {"a": "eyJhbGciOiJub25lIn0"}}',
    },
    {"body": "raw", "raw": '"eyJhbGciOiJub25lIn0.secretsecret"'},
    # Last, as msal repeats these for a minute.
    {"status": 400, "code": "70000"},
    {"status": 400, "code": "50079"},
]


async def test_a_whole_run_with_every_failure_logs_no_secret(
    *, lines, secrets, start, authority, sandbox, refresh_token_file
):
    secrets.add(stored_refresh_token(refresh_token_file))
    asked = 0
    for mode in ("passthrough", "obo", "service"):
        gateway = await start(mode, cache_url="none://")
        audience = {"audience": PARTNER_CENTER.uri} if mode == "passthrough" else {}
        tokens = [authority.mint(user=user, **audience) for user in ("ada", "ben", "dora", "eli")]
        tokens += [authority.mint(user="ada", lifetime_s=-100, **audience), authority.mint(user="ada", audience="x")]
        tokens += [tokens[0] + "x", tokens[0].rpartition(".")[0] + ".", "opaque-secret-token-of-a-caller"]
        secrets.update(tokens)
        for fault in [*FAULTS, None]:
            authority.control("PUT", "faults", [fault | {"path": "*/token"}] if fault else [])
            fresh = [authority.mint(user="cleo", **audience)]
            secrets.update(fresh)
            await asyncio.gather(*(gateway.post(SUMMARIES, token=token) for token in tokens + fresh))
            asked += len(tokens) + 1
        for status in (401, 403, 500):
            sandbox.faults({"status": status})
            await gateway.post(SUMMARIES, token=tokens[0])
        sandbox.faults()
        # A person signs in again, which the refusals above asked for.
        again = authority.control("POST", "refresh_tokens", {"action": "issue"})["refresh_token"]
        store_refresh_token(refresh_token_file, again)
        secrets.add(again)
        await gateway.ask(SUMMARIES, token=authority.mint(user="ada", **audience))
        secrets.add(stored_refresh_token(refresh_token_file))
        authority.control("DELETE", "refresh_tokens")

    logged = lines()
    assert asked == 360
    assert any(json.loads(line)["event"] == "sign-in refused" for line in logged)
    assert any(json.loads(line)["event"] == "sign-in failed" for line in logged)
    assert [line for line in logged if JWT.search(line) or REFRESH_TOKEN.search(line)] == []
    assert [line for line in logged if any(secret in line for secret in secrets)] == []
    # A signature is as good as a secret.
    assert [line for line in logged if any(secret[-40:] in line for secret in secrets if len(secret) > 40)] == []
