"""JWTs as bearer tokens: whose data they see, and which are refused."""

import base64
import json

import pytest
from sandbox_calls import client_of, get

from gateway.sandbox import FIRST_PARTNER_TOKEN, create_sandbox, partner_label

pytestmark = pytest.mark.anyio

AUDIENCE = "https://api.partnercenter.microsoft.com"
FIT = {"aud": AUDIENCE, "tid": "t", "oid": "o", "amr": ["pwd", "mfa"]}


def encoded(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(signature="c2ln", **claims):
    return f"{encoded(b'{}')}.{encoded(json.dumps(claims).encode())}.{signature}"


@pytest.mark.parametrize(
    ("claims", "label"),
    [
        ({"tid": "t", "oid": "o", "appid": "a"}, "t/o"),
        ({"tid": "t", "appid": "a"}, "t/a"),
        ({"tid": "t", "azp": "a"}, "t/a"),
        ({"tid": "t", "oid": None, "azp": "a"}, "t/a"),
    ],
)
def test_a_jwt_is_its_holders_however_often_it_is_renewed(claims, label):
    assert partner_label(token(**claims)) == partner_label(token("bmV3", **claims, exp=1)) == label


@pytest.mark.parametrize(
    "opaque",
    [
        "a",
        "a.b",
        "a.b.c",
        "a.bbbbb.c",
        f"a.{encoded(b'[]')}.c",
        f"a.{encoded(bytes([255]))}.c",
        f"a.{encoded(b'{' + bytes([34, 255, 34]) + b':1}')}.c",
        token(tid="t"),
        token(oid="o"),
        token(tid="t", oid=""),
        token(tid="t", oid="a b"),
        token(tid=["t"], oid="o"),
        token(tid="t", oid="o" * 65),
    ],
)
def test_any_other_token_is_a_partner_of_its_own(opaque):
    assert partner_label(opaque).startswith("partner-")
    assert partner_label(opaque) != partner_label(opaque + "x")


async def test_users_see_their_own_data_and_the_journal_knows_them():
    app = create_sandbox()

    async def charges(**claims):
        async with client_of(app, token(**claims)) as client:
            return [invoice["totalCharges"] for invoice in (await get(client, ""))["items"]]

    seen = [await charges(tid="t", oid=oid, exp=exp) for oid, exp in (("o", 1), ("o", 2), ("p", 1))]
    async with client_of(app) as client:
        report = (await client.get("/_sandbox/requests")).json()

    assert (seen[0] == seen[1], seen[0] == seen[2]) == (True, False)
    assert [entry["partner"] for entry in report["requests"]] == ["t/o", "t/o", "t/p"]


@pytest.mark.parametrize(
    "claims",
    [FIT, FIT | {"aud": f"{AUDIENCE}/"}, {"aud": AUDIENCE, "tid": "t", "appid": "a", "idtyp": "app"}],
)
async def test_a_fit_token_is_taken(claims):
    async with client_of(create_sandbox(require_audience=AUDIENCE), token(**claims)) as client:
        assert (await client.get("/v1/invoices/summaries")).status_code == 200


@pytest.mark.parametrize(
    ("bearer", "code"),
    [
        (token(**FIT | {"aud": "https://graph.windows.net"}), "900420"),
        (token(**FIT | {"aud": [AUDIENCE]}), "900420"),
        (FIRST_PARTNER_TOKEN, "900420"),
        (token(**FIT | {"amr": ["pwd"]}), "900421"),
        (token(**FIT | {"amr": "mfa"}), "900421"),
        (token(aud=AUDIENCE, tid="t", oid="o"), "900421"),
    ],
)
async def test_another_is_refused_as_partner_center_does(bearer, code):
    async with client_of(create_sandbox(require_audience=AUDIENCE), bearer) as client:
        response = await client.get("/v1/invoices/summaries")

    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.headers["www-authenticate"].startswith("OAuth realm=")


async def test_a_request_without_a_token_is_refused_as_ever():
    async with client_of(create_sandbox(require_audience=AUDIENCE), None) as client:
        response = await client.get("/v1/invoices/summaries")

    assert (response.status_code, response.json()["code"]) == (401, "400")
