"""Signed claims: believed where they are for here and now."""

import json

import pytest

from gateway.errors import UnauthenticatedError
from gateway.identity.issuers import entra
from gateway.identity.token_verifier import Claims
from tests.identity.fake_issuer import (
    AUDIENCE,
    AUTHORITY,
    CLIENT,
    NOW_S,
    OTHER_TENANT,
    ROLE,
    SCOPE,
    TENANT,
    USER,
    V2,
    Door,
    app_claims,
    claims,
    jwk,
    rsa_key,
    token,
)
from tests.identity.token_checks import (
    EXPIRED,
    MALFORMED,
    NOBODY,
    NOT_FOR_US,
    NOT_YET,
    WRONG_ISSUER,
    WRONG_TENANT,
    assert_refused,
)

pytestmark = pytest.mark.anyio

WRONG_CLAIMS = {
    "expired": (claims(exp=NOW_S - 60), EXPIRED),
    "expired long ago": (claims(exp=0), EXPIRED),
    "not valid yet": (claims(nbf=NOW_S + 60.001), NOT_YET),
    "valid in an hour": (claims(nbf=NOW_S + 3600), NOT_YET),
    "exp missing": (claims(exp=None), MALFORMED),
    "exp null": (b'{"exp":null}', MALFORMED),
    "exp text": (claims(exp=str(NOW_S + 3600)), MALFORMED),
    "exp true": (claims(exp=True), MALFORMED),
    "exp list": (claims(exp=[NOW_S + 3600]), MALFORMED),
    "exp NaN": (claims(exp=float("nan")), MALFORMED),
    "exp Infinity": (claims(exp=float("inf")), MALFORMED),
    "exp huge": (claims(exp=1e300), MALFORMED),
    "exp of 400 digits": (claims(exp=10**400), MALFORMED),
    "exp behind the year 9999": (claims(exp=253_402_300_800), MALFORMED),
    "exp negative": (claims(exp=-1), MALFORMED),
    "nbf text": (claims(nbf="0"), MALFORMED),
    "nbf NaN": (claims(nbf=float("nan")), MALFORMED),
    "nbf null": (json.dumps(claims() | {"nbf": None}).encode(), MALFORMED),
    "for another": (claims(aud="api://other"), NOT_FOR_US),
    "for others": (claims(aud=["api://other", "https://graph.microsoft.com"]), NOT_FOR_US),
    "for nobody": (claims(aud=[]), NOT_FOR_US),
    "aud missing": (claims(aud=None), MALFORMED),
    "aud number": (claims(aud=1), MALFORMED),
    "aud of numbers": (claims(aud=[AUDIENCE, 1]), MALFORMED),
    "aud begins alike": (claims(aud=AUDIENCE + "/"), NOT_FOR_US),
    "aud in capitals": (claims(aud=AUDIENCE.upper()), NOT_FOR_US),
    "two in one aud": (claims(aud=f"api://other {AUDIENCE}"), NOT_FOR_US),
    "aud is part of ours": (claims(aud="api"), NOT_FOR_US),
    "iss missing": (claims(iss=None), MALFORMED),
    "iss list": (claims(iss=[V2]), MALFORMED),
    "iss another's": (claims(iss=f"https://attacker.example/{TENANT}/v2.0"), WRONG_ISSUER),
    "iss with a slash": (claims(iss=V2 + "/"), WRONG_ISSUER),
    "iss in capitals": (claims(iss=V2.upper()), WRONG_ISSUER),
    "iss by http": (claims(iss=V2.replace("https", "http")), WRONG_ISSUER),
    "iss of version 1 without a slash": (claims(iss=f"https://sts.windows.net/{TENANT}"), WRONG_ISSUER),
    "iss of another tenant": (claims(iss=V2.replace(TENANT, OTHER_TENANT)), WRONG_ISSUER),
    "iss with the pattern": (claims(iss=V2.replace(TENANT, "{tenantid}")), WRONG_ISSUER),
    "the pattern twice": (claims(iss=V2.replace(TENANT, "{tenantid}"), tid="{tenantid}"), WRONG_TENANT),
    "iss empty": (claims(iss=""), WRONG_ISSUER),
    "another tenant's": (claims(iss=V2.replace(TENANT, OTHER_TENANT), tid=OTHER_TENANT), WRONG_TENANT),
    "another tenant's in this one's name": (claims(tid=OTHER_TENANT), WRONG_ISSUER),
    "tid missing": (claims(tid=None), WRONG_ISSUER),
    "tid list": (claims(tid=[TENANT]), MALFORMED),
    "oid missing": (claims(oid=None), NOBODY),
    "oid empty": (claims(oid=""), NOBODY),
    "oid number": (claims(oid=1), MALFORMED),
    "scp number": (claims(scp=1), MALFORMED),
    "roles of numbers": (claims(roles=[1]), MALFORMED),
    "at_hash": (claims(at_hash="x"), MALFORMED),
    "c_hash": (claims(c_hash="x"), MALFORMED),
    "claims list": ([claims()], MALFORMED),
    "claims text": ("claims", MALFORMED),
    "claims not JSON": (b"{", MALFORMED),
    "claims not UTF-8": (b'{"iss":"\xff"}', MALFORMED),
    "claims deep": (b'{"iss":' + b"[" * 5000, MALFORMED),
    "claims deep where nobody looks": (b'{"x":' + b"[" * 5000, MALFORMED),
}


@pytest.mark.parametrize(("said", "message"), WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
async def test_signed_claims_that_are_not_for_here_and_now_are_refused(said, message):
    await assert_refused(token(said), message)


async def test_a_token_with_everything_in_order_is_believed():
    found = await Door().verify(token(claims(scp=f"{SCOPE} openid", roles=["Reader"])))

    assert found == Claims(
        tenant=TENANT,
        object_id=USER,
        scopes=frozenset({SCOPE, "openid"}),
        roles=frozenset({"Reader"}),
        expires_s=NOW_S + 3600,
        is_app_only=False,
    )


async def test_an_applications_own_token_is_believed():
    assert await Door().verify(token(app_claims())) == Claims(
        tenant=TENANT,
        object_id=CLIENT,
        scopes=frozenset(),
        roles=frozenset({ROLE}),
        expires_s=NOW_S + 3600,
        is_app_only=True,
    )


BELIEVED = {
    "expired, within the leeway": token(claims(exp=NOW_S - 59.999)),
    "not valid yet, within the leeway": token(claims(nbf=NOW_S + 60)),
    "exp with a fraction": token(claims(exp=NOW_S + 0.5)),
    "no nbf": token(claims(nbf=None)),
    "no typ": token(claims(), typ=None),
    "at+jwt": token(claims(), typ="at+jwt"),
    "application/at+jwt": token(claims(), typ="application/AT+JWT"),
    "for several": token(claims(aud=["api://other", AUDIENCE])),
    "PS256": token(claims(), alg="PS256"),
    "a jku that nobody follows": token(claims(), jku="https://attacker.example/keys"),
    "a jwk that nobody takes": token(claims(), jwk=jwk(rsa_key("attacker"), "first")),
    "version 1": token(claims(iss=f"https://sts.windows.net/{TENANT}/", ver="1.0", azp=None, appid=CLIENT)),
    "version 1 of the authority itself": token(claims(iss=f"{AUTHORITY}/{TENANT}/", azp=None, appid=CLIENT)),
    "scopes as a list": token(claims(scp=[SCOPE])),
    "the role as text": token(app_claims(roles=ROLE)),
    "version 1 of an application with a subject of its own": token(
        app_claims(iss=f"https://sts.windows.net/{TENANT}/", idtyp=None, azp=None, appid=CLIENT, sub="pairwise")
    ),
    "a user with the role alone": token(claims(scp="openid", roles=[ROLE])),
    "claims that nobody knows": token(claims(xms_cc=["cp1"], rh="x", nested={"a": [1]})),
}


@pytest.mark.parametrize("text", BELIEVED.values(), ids=BELIEVED.keys())
async def test_it_is_believed(text):
    assert (await Door().verify(text)).tenant == TENANT


async def test_a_list_of_tenants_takes_the_place_of_the_own_one():
    door = Door(trusted=entra(AUTHORITY, TENANT, tenants=[OTHER_TENANT.upper()]))
    theirs = token(claims(iss=V2.replace(TENANT, OTHER_TENANT), tid=OTHER_TENANT))

    assert (await door.verify(theirs)).tenant == OTHER_TENANT
    await assert_refused(token(claims()), WRONG_TENANT, door=door)


@pytest.mark.parametrize("audience", [AUDIENCE, CLIENT])
async def test_either_of_two_audiences_will_do(audience):
    door = Door(audiences=(AUDIENCE, CLIENT))

    assert (await door.verify(token(claims(aud=audience)))).object_id == USER


async def test_a_refusal_holds_nothing_of_the_token():
    text = token(claims(iss="https://secret.example", oid="secret-object"))
    with pytest.raises(UnauthenticatedError) as raised:
        await Door().verify(text)

    assert "secret" not in repr(raised.value)
    assert raised.value.__cause__ is None
