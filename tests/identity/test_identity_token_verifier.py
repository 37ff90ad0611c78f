"""Which tokens are believed: those of the issuer, for this gateway, now; and what they say."""

import base64
import json

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.api_jws import get_algorithm_by_name

from gateway.errors import ForbiddenError, UnauthenticatedError
from gateway.identity.issuers import entra, openid_provider
from gateway.identity.token_verifier import Claims, TokenVerifier
from tests.identity.fake_issuer import (
    AUDIENCE,
    AUTHORITY,
    CLIENT,
    KEYS,
    METADATA,
    NOW_S,
    OTHER_TENANT,
    ROLE,
    SCOPE,
    TENANT,
    USER,
    V2,
    Door,
    FakeIssuer,
    app_claims,
    claims,
    ec_key,
    encoded,
    jwk,
    pem,
    rsa_key,
    signed,
    token,
)

pytestmark = pytest.mark.anyio

MALFORMED = "This is not an access token that the gateway understands."
NOT_SIGNED = "This token is not signed with a key of its issuer."
EXPIRED = "This token has expired."
NOT_YET = "This token is not valid yet."
NOT_FOR_US = "This token is not for this gateway."
WRONG_ISSUER = "This token is from an issuer that the gateway does not know."
WRONG_TENANT = "This token is of a tenant that the gateway does not know."
NOBODY = "This token does not say who calls."
ID_TOKEN = "This is an ID token; send an access token."
NOT_ALLOWED = f"This token does not carry the scope {SCOPE} or the role {ROLE}."


def hs256(secret, **header):
    """Signed with HMAC, by hand: libraries refuse a public key as a secret."""
    message = f"{encoded({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'} | header)}.{encoded(claims())}"
    algorithm = get_algorithm_by_name("HS256")
    return f"{message}.{encoded(algorithm.sign(message.encode(), secret))}"


def unsigned(alg):
    return f"{encoded({'alg': alg, 'kid': 'first', 'typ': 'JWT'})}.{encoded(claims())}."


def attackers_jwk():
    return jwk(rsa_key("attacker"), "attacker")


async def assert_refused(text, message, *, door=None, asked=None):
    door = door or Door()
    with pytest.raises(UnauthenticatedError) as raised:
        await door.verify(text)

    assert raised.value.message == message
    if asked is not None:
        assert door.issuer.requests == asked


# What is refused before its issuer is asked anything.
HOPELESS = {
    "none": lambda: unsigned("none"),
    "none with a signature": lambda: unsigned("none") + "AAAA",
    "None": lambda: unsigned("None") + "AAAA",
    "no alg": lambda: signed({"kid": "first"}, claims()),
    "alg null": lambda: signed({"alg": None, "kid": "first"}, claims()),
    "alg list": lambda: signed({"alg": ["RS256"], "kid": "first"}, claims()),
    "HS256 with the public key": lambda: hs256(pem(rsa_key("first"))),
    "HS256 with the public numbers": lambda: hs256(json.dumps(jwk(rsa_key("first"), "first")).encode()),
    "HS256 with nothing": lambda: hs256(b""),
    "RS384": lambda: token(claims(), alg="RS384"),
    "RS512": lambda: token(claims(), alg="RS512"),
    "ES384": lambda: token(claims(), ec_key("large", ec.SECP384R1), alg="ES384"),
    "no kid": lambda: token(claims(), kid=None),
    "kid empty": lambda: token(claims(), kid=""),
    "kid number": lambda: token(claims(), kid=1),
    "kid list": lambda: token(claims(), kid=["first"]),
    "kid of 257 characters": lambda: token(claims(), kid="k" * 257),
    "crit": lambda: token(claims(), crit=["exp"], exp=NOW_S),
    "crit empty": lambda: token(claims(), crit=[]),
    "crit null": lambda: signed({"alg": "RS256", "kid": "first", "crit": None}, claims()),
    "crit b64": lambda: token(claims(), crit=["b64"], b64=True),
    "typ of a logout token": lambda: token(claims(), typ="logout+jwt"),
    "typ of an encrypted token": lambda: token(claims(), typ="JWE"),
    "typ number": lambda: token(claims(), typ=1),
    "header list": lambda: signed(["RS256"], claims()),
    "header not JSON": lambda: signed(b"{", claims()),
    "header not UTF-8": lambda: signed(b'{"alg":"\xff"}', claims()),
    "header deep": lambda: signed(b'{"x":' + b"[" * 5000, claims()),
    "header twice": lambda: signed(b'{"alg":"none","alg":"RS256","kid":"first"}', claims()),
    "one part": lambda: "opaque",
    "two parts": lambda: token(claims()).rpartition(".")[0],
    "four parts": lambda: token(claims()) + ".AAAA",
    "five parts": lambda: "a.b.c.d.e",
    "an empty signature": lambda: token(claims()).rpartition(".")[0] + ".",
    "padding": lambda: token(claims()) + "==",
    "a line break at the end": lambda: token(claims()) + "\n",
    "plain base64": lambda: token(claims()).replace("_", "/").replace("-", "+") + "+",
    "a header of one character": lambda: "a." + token(claims()).partition(".")[2],
    "one character too long": lambda: padded(16 * 1024 + 1),
}

# What nobody but the issuer's key could tell.
FORGED = {
    "another's key": lambda: token(claims(), rsa_key("attacker")),
    "another's key of elliptic curves": lambda: token(claims(), ec_key("attacker"), alg="ES256"),
    "a jwk of its own": lambda: token(claims(), rsa_key("attacker"), jwk=attackers_jwk()),
    "a jku": lambda: token(claims(), rsa_key("attacker"), jku="https://attacker.example/keys"),
    "an x5u": lambda: token(claims(), rsa_key("attacker"), x5u="https://attacker.example/cert"),
    "the signature of another token": lambda: (
        token(claims(oid="other")).rpartition(".")[0] + "." + token(claims()).rpartition(".")[2]
    ),
    "the signature twice": lambda: token(claims()) + token(claims()).rpartition(".")[2],
    "a signature of one byte": lambda: token(claims()).rpartition(".")[0] + ".AA",
    "RS256 said, PS256 done": lambda: signed({"alg": "RS256", "kid": "first"}, claims(), alg="PS256"),
    "PS256 said, RS256 done": lambda: signed({"alg": "PS256", "kid": "first"}, claims(), alg="RS256"),
    "ES256 said, RS256 done": lambda: signed({"alg": "ES256", "kid": "first"}, claims()),
    "a payload that is no base64": lambda: token(claims()).replace(".", "A.").replace("A.", ".", 1),
    "b64 false": lambda: token(claims(), b64=False),
}

UNKNOWN_KEY = {
    "an unknown kid": "unknown",
    "the kid of a path": "../../../../dev/null",
    "the kid of an address": "https://attacker.example/keys",
    "the kid of a query": "first' OR '1'='1",
    "the kid of the attacker's own jwk": "attacker",
}


def padded(length):
    """A good token of that many characters; one part's length is never one more than a multiple of four."""
    for header in ("", "x"):
        empty = len(token(claims(filler=""), filler=header))
        for filler in range((length - empty) * 3 // 4 - 2, (length - empty) * 3 // 4 + 3):
            text = token(claims(filler="x" * filler), filler=header)
            if len(text) == length:
                return text
    raise AssertionError


@pytest.mark.parametrize("make", HOPELESS.values(), ids=HOPELESS.keys())
async def test_what_is_no_access_token_is_refused_and_the_issuer_not_asked(make):
    await assert_refused(make(), MALFORMED, asked=[])


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
async def test_what_the_issuer_did_not_sign_is_refused(make):
    await assert_refused(make(), NOT_SIGNED, asked=[METADATA, KEYS])


@pytest.mark.parametrize("kid", UNKNOWN_KEY.values(), ids=UNKNOWN_KEY.keys())
async def test_a_token_of_an_unknown_key_is_refused_and_nothing_else_asked(kid):
    text = token(claims(), rsa_key("attacker"), kid=kid, jwk=attackers_jwk(), jku="https://attacker.example/keys")

    await assert_refused(text, NOT_SIGNED, asked=[METADATA, KEYS])


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


async def test_a_token_of_16_kib_is_believed():
    assert (await Door().verify(padded(16 * 1024))).object_id == USER


async def test_a_token_of_elliptic_curves_is_believed():
    door = Door(FakeIssuer(jwk(ec_key("first"), "first")))

    assert (await door.verify(token(claims(), ec_key("first"), alg="ES256"))).object_id == USER


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
async def test_a_key_of_elliptic_curves_verifies_nothing_of_rsa(alg):
    door = Door(FakeIssuer(jwk(ec_key("first"), "first")))

    await assert_refused(token(claims(), alg=alg), NOT_SIGNED, door=door, asked=[METADATA, KEYS])


@pytest.mark.parametrize(("published", "other"), [("RS256", "PS256"), ("PS256", "RS256")])
async def test_a_key_that_names_its_algorithm_is_used_with_no_other(published, other):
    door = Door(FakeIssuer(jwk(rsa_key("first"), "first", alg=published)))
    await assert_refused(token(claims(), alg=other), NOT_SIGNED, door=door)

    assert (await door.verify(token(claims(), alg=published))).object_id == USER


async def test_either_of_two_keys_with_the_same_id_will_do():
    issuer = FakeIssuer(jwk(rsa_key("first"), "same"), jwk(rsa_key("second"), "same"), jwk(ec_key("third"), "same"))
    door = Door(issuer)
    mine = [
        await door.verify(token(claims(), rsa_key("first"), kid="same")),
        await door.verify(token(claims(), rsa_key("second"), kid="same", alg="PS256")),
        await door.verify(token(claims(), ec_key("third"), kid="same", alg="ES256")),
    ]

    assert [found.object_id for found in mine] == [USER, USER, USER]
    await assert_refused(token(claims(), rsa_key("attacker"), kid="same"), NOT_SIGNED, door=door)


async def test_a_key_for_all_tenants_signs_for_this_one_in_both_versions():
    door = Door(FakeIssuer(jwk(rsa_key("first"), "first", issuer=f"{AUTHORITY}/{{tenantid}}/v2.0")))

    assert (await door.verify(token(claims()))).object_id == USER
    assert (await door.verify(token(claims(iss=f"https://sts.windows.net/{TENANT}/")))).object_id == USER


@pytest.mark.parametrize("issuer", [V2.replace(TENANT, OTHER_TENANT), "https://attacker.example/{tenantid}/v2.0", ""])
async def test_a_key_for_another_issuer_signs_nothing_for_this_one(issuer):
    door = Door(FakeIssuer(jwk(rsa_key("first"), "first", issuer=issuer)))

    await assert_refused(token(claims()), NOT_SIGNED, door=door)


async def test_a_list_of_tenants_takes_the_place_of_the_own_one():
    door = Door(trusted=entra(AUTHORITY, TENANT, tenants=[OTHER_TENANT.upper()]))
    theirs = token(claims(iss=V2.replace(TENANT, OTHER_TENANT), tid=OTHER_TENANT))

    assert (await door.verify(theirs)).tenant == OTHER_TENANT
    await assert_refused(token(claims()), WRONG_TENANT, door=door)


@pytest.mark.parametrize("audience", [AUDIENCE, CLIENT])
async def test_either_of_two_audiences_will_do(audience):
    door = Door(audiences=(AUDIENCE, CLIENT))

    assert (await door.verify(token(claims(aud=audience)))).object_id == USER


WITHOUT_RIGHTS = {
    "another scope": claims(scp="Invoices.Write"),
    "a scope that begins alike": claims(scp=SCOPE + ".All"),
    "the scope in lower case": claims(scp=SCOPE.lower()),
    "no scope": claims(scp=None),
    "the role for a scope": claims(scp=ROLE),
    "no role": app_claims(roles=None),
    "no roles": app_claims(roles=[]),
    "another role": app_claims(roles=["Invoices.Write.All"]),
    "the scope for a role": app_claims(roles=[SCOPE]),
}


@pytest.mark.parametrize("said", WITHOUT_RIGHTS.values(), ids=WITHOUT_RIGHTS.keys())
async def test_without_the_scope_and_the_role_it_is_forbidden(said):
    with pytest.raises(ForbiddenError) as raised:
        await Door().verify(token(said))

    assert raised.value.message == NOT_ALLOWED


@pytest.mark.parametrize(
    ("wanted", "said", "message"),
    [
        ({"scope": None}, claims(scp="None"), f"This token does not carry the role {ROLE}."),
        ({"role": None}, app_claims(roles=["None"]), f"This token does not carry the scope {SCOPE}."),
        ({"role": ""}, app_claims(roles=[""]), f"This token does not carry the scope {SCOPE}."),
        ({"scope": ""}, claims(scp=[""]), f"This token does not carry the role {ROLE}."),
    ],
)
async def test_where_one_alone_is_asked_for_nothing_stands_for_the_other(wanted, said, message):
    with pytest.raises(ForbiddenError) as raised:
        await Door(**wanted).verify(token(said))

    assert raised.value.message == message


@pytest.mark.parametrize("wanted", [{"audiences": ()}, {"scope": None, "role": None}, {"scope": "", "role": ""}])
def test_a_verifier_that_takes_others_tokens_cannot_be_made(wanted):
    with pytest.raises(ValueError, match="tokens for others would do"):
        TokenVerifier(Door().keys, **({"audiences": (AUDIENCE,), "scope": SCOPE, "role": ROLE} | wanted))


async def test_an_id_token_with_the_role_is_refused():
    await assert_refused(token(claims(scp=None, azp=None, roles=[ROLE], nonce="n", name="Ada")), ID_TOKEN)


@pytest.mark.parametrize(
    ("said", "app_only"),
    [
        (claims(), False),
        (claims(idtyp="user"), False),
        (claims(sub=None, azp=None), False),
        (app_claims(), True),
        (app_claims(idtyp=None), True),
        (app_claims(idtyp=None, azp=None), True),
        (app_claims(idtyp=None, azp=None, sub=None), True),
        (claims(idtyp="app"), True),
        (claims(scp=None, roles=[ROLE]), True),
        (claims(sub=CLIENT), True),
    ],
)
async def test_an_application_is_told_from_a_user(said, app_only):
    assert (await Door().verify(token(said))).is_app_only is app_only


def of_provider(name="https://id.example", **wanted):
    """A door for tokens of a provider that is not Entra."""
    issuer = FakeIssuer()
    issuer.metadata = {"issuer": name, "jwks_uri": "https://keys.example/jwks"}

    async def answer(request):
        issuer.requests.append(str(request.url))
        at_keys = request.url.host == "keys.example"
        return httpx.Response(200, json=issuer.jwks if at_keys else issuer.metadata)

    issuer.http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Door(issuer, trusted=openid_provider(name, **wanted))


def provider_claims(**changes):
    usual = {"iss": "https://id.example", "tid": None, "oid": None, "scp": None, "azp": None, "scope": f"email {SCOPE}"}
    return claims(**(usual | changes))


async def test_a_token_of_any_other_provider_is_believed():
    door = of_provider()

    assert await door.verify(token(provider_claims(), typ="at+jwt")) == Claims(
        tenant="",
        object_id="pairwise",
        scopes=frozenset({"email", SCOPE}),
        roles=frozenset(),
        expires_s=NOW_S + 3600,
        is_app_only=False,
    )
    assert door.issuer.requests == ["https://id.example/.well-known/openid-configuration", "https://keys.example/jwks"]


async def test_a_providers_tenant_object_id_and_listed_scopes_are_read():
    found = await of_provider().verify(token(provider_claims(tid="t", oid="o", scope=[SCOPE])))

    assert (found.tenant, found.object_id, found.scopes) == ("t", "o", frozenset({SCOPE}))


async def test_a_providers_token_without_a_subject_is_refused():
    await assert_refused(token(provider_claims(sub=None)), NOBODY, door=of_provider())


async def test_a_providers_application_has_itself_for_a_subject():
    found = await of_provider().verify(token(provider_claims(sub="app", client_id="app")))

    assert found.is_app_only is True


@pytest.mark.parametrize("iss", ["https://id.example/", "https://id.example/x", "http://id.example", V2])
async def test_a_providers_issuer_is_compared_to_the_letter(iss):
    await assert_refused(token(provider_claims(iss=iss)), WRONG_ISSUER, door=of_provider())


async def test_a_provider_whose_issuer_ends_in_a_slash_has_tokens_that_do():
    door = of_provider("https://id.example/")
    await assert_refused(token(provider_claims()), WRONG_ISSUER, door=door)

    assert (await door.verify(token(provider_claims(iss="https://id.example/")))).object_id == "pairwise"
    assert door.issuer.requests[0] == "https://id.example/.well-known/openid-configuration"


async def test_a_providers_tenants_can_be_limited():
    door = of_provider(tenants=["t"])
    await assert_refused(token(provider_claims()), WRONG_TENANT, door=door)
    await assert_refused(token(provider_claims(tid="other")), WRONG_TENANT, door=door)

    assert (await door.verify(token(provider_claims(tid="t")))).tenant == "t"


async def test_claims_of_entra_alone_do_not_make_a_providers_token_an_id_token():
    found = await of_provider().verify(token(provider_claims(scope=None, roles=[ROLE], oid="o")))

    assert found.object_id == "o"


VALID = token(claims())
VALID_OF_CURVES = token(claims(), ec_key("first"), alg="ES256", kid="curves")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from([VALID, VALID_OF_CURVES]), st.data())
async def test_no_bit_of_a_valid_token_can_be_flipped(text, data):
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    flipped = bytearray(text.encode())
    flipped[bit // 8] ^= 1 << bit % 8
    door = Door(FakeIssuer(jwk(rsa_key("first"), "first"), jwk(ec_key("first"), "curves")))

    with pytest.raises(UnauthenticatedError):
        await door.verify(flipped.decode("latin-1"))


@settings(deadline=None)
@given(st.integers(0, 2), st.data())
async def test_no_bit_of_what_a_valid_token_says_can_be_flipped(part, data):
    parts = [base64.urlsafe_b64decode(piece + "==") for piece in VALID.split(".")]
    bit = data.draw(st.integers(0, 8 * len(parts[part]) - 1))
    flipped = bytearray(parts[part])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[part] = bytes(flipped)

    with pytest.raises(UnauthenticatedError):
        await Door().verify(".".join(encoded(piece) for piece in parts))


@settings(deadline=None)
@given(st.text(max_size=200) | st.from_regex(r"\A[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{1,60}\.[A-Za-z0-9_-]{1,60}\Z"))
async def test_any_text_is_refused(text):
    with pytest.raises(UnauthenticatedError):
        await Door().verify(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(claims())), JSON)
async def test_any_value_of_a_signed_claim_is_believed_refused_or_forbidden(name, value):
    try:
        found = await Door().verify(token(claims() | {name: value}))
    except (UnauthenticatedError, ForbiddenError):
        return

    assert found.tenant == TENANT


async def test_a_refusal_holds_nothing_of_the_token():
    text = token(claims(iss="https://secret.example", oid="secret-object"))
    with pytest.raises(UnauthenticatedError) as raised:
        await Door().verify(text)

    assert "secret" not in repr(raised.value)
    assert raised.value.__cause__ is None
