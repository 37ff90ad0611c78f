"""Tokens in a user's name: on behalf of, and by refresh tokens."""

import jwt
import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import (
    BEN,
    CLAIMS_CHALLENGE,
    CONTOSO_TENANT,
    DAEMON,
    FRONT_END,
    GATEWAY,
    GATEWAY_API,
    PARTNER_CENTER,
    PARTNER_CENTER_CHINA,
)

SCOPE = f"{PARTNER_CENTER.uri}/.default"
BY_GATEWAY = {"client_id": GATEWAY.id, "client_secret": GATEWAY.secret}
ON_BEHALF_OF = {
    "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "requested_token_use": "on_behalf_of",
    "scope": SCOPE,
    **BY_GATEWAY,
}


def test_the_gateway_gets_partner_centers_token_on_behalf_of_a_user(authority):
    answer = authority.confidential().acquire_token_on_behalf_of(authority.mint(user="ben"), [SCOPE])
    claims = authority.verified(answer["access_token"], PARTNER_CENTER.uri, version=1)

    assert {name: claims[name] for name in ("tid", "oid", "upn", "amr", "scp", "appid", "ver")} == {
        "tid": PARTNER,
        "oid": BEN.oid,
        "upn": "ben@partner.example",
        "amr": ["pwd", "mfa"],
        "scp": "user_impersonation",
        "appid": GATEWAY.id,
        "ver": "1.0",
    }
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3600
    assert answer["scope"] == f"{PARTNER_CENTER.uri}/user_impersonation {SCOPE} openid profile"
    assert answer["id_token_claims"]["preferred_username"] == "ben@partner.example"
    assert authority.verified(answer["id_token"], GATEWAY.id)["oid"] == BEN.oid


def test_msal_keeps_users_apart(authority):
    app = authority.confidential()
    for user in ("ada", "ben"):
        app.acquire_token_on_behalf_of(authority.mint(user=user), [SCOPE])

    assert sorted(account["username"] for account in app.get_accounts()) == [
        "ada@partner.example",
        "ben@partner.example",
    ]


def test_the_second_factor_is_the_assertions(authority):
    answer = authority.token(**ON_BEHALF_OF, assertion=authority.mint(user="cleo")).json()

    assert authority.verified(answer["access_token"], PARTNER_CENTER.uri, version=1)["amr"] == ["pwd"]
    assert answer["scope"] == f"{PARTNER_CENTER.uri}/user_impersonation {SCOPE}"
    assert not {"refresh_token", "id_token", "client_info"} & answer.keys()


def test_assertions_of_version_1_are_taken(authority):
    assertion = authority.mint(user="ada", version=1)

    assert authority.verified(assertion, GATEWAY_API.uri, version=1)["unique_name"] == "ada@partner.example"
    assert authority.token(**ON_BEHALF_OF, assertion=assertion).status_code == 200


def test_the_version_of_a_resources_tokens_can_be_switched(authority):
    authority.control("PUT", "switches", {"token_versions": {GATEWAY_API.uri: 1}})

    assert authority.verified(authority.mint(user="ada"), GATEWAY_API.uri, version=1)["ver"] == "1.0"


def test_a_user_who_has_to_sign_in_again_is_told_how(authority):
    answer = authority.confidential().acquire_token_on_behalf_of(authority.mint(user="dora"), [SCOPE])

    assert (answer["error"], answer["suberror"]) == ("interaction_required", "basic_action")
    assert (answer["error_codes"], answer["claims"]) == ([50079], CLAIMS_CHALLENGE)


def test_who_has_to_sign_in_again_can_be_switched(authority):
    authority.control("PUT", "switches", {"interaction_required": ["ada"]})

    assert authority.token(**ON_BEHALF_OF, assertion=authority.mint(user="dora")).status_code == 200
    assert authority.refusal(**ON_BEHALF_OF, assertion=authority.mint(user="ada"))[1] == "interaction_required"


@pytest.mark.parametrize(
    ("mint", "code"),
    [
        ({"user": "ada", "lifetime_s": -1}, 500133),
        ({"user": "ada", "not_before_s": 600}, 500133),
        ({"user": "ada", "audience": PARTNER_CENTER.uri}, 500131),
        ({"user": "ada", "audience": "api://elsewhere"}, 500131),
        ({"user": "ada", "claims": {"iss": "https://elsewhere.example"}}, 50013),
        ({"user": "ada", "claims": {"exp": None}}, 50013),
        ({"user": "eli"}, 50013),
        ({"client_id": DAEMON.id}, 7000114),
        ({"user": "ada", "claims": {"oid": "5eed0000-0000-4000-8000-00000000bfff"}}, 50034),
        ({"user": "eli", "tenant": "partner.example"}, 50020),
    ],
)
def test_an_assertion_that_does_not_fit_is_refused(authority, mint, code):
    assert authority.refusal(**ON_BEHALF_OF, assertion=authority.mint(**mint)) == (400, "invalid_grant", code)


def test_an_assertion_that_the_authority_did_not_sign_is_refused(authority):
    header, claims, _ = authority.mint(user="ada").split(".")

    assert authority.refusal(**ON_BEHALF_OF, assertion=f"{header}.{claims}.c2ln")[2] == 50013
    assert authority.refusal(**ON_BEHALF_OF, assertion="not.a.token")[2] == 50013


def test_each_parameter_is_needed(authority):
    form = ON_BEHALF_OF | {"assertion": authority.mint(user="ada")}

    for name in ("assertion", "requested_token_use", "scope"):
        answer = authority.token(**{key: value for key, value in form.items() if key != name}).json()
        assert answer["error_description"].startswith(
            f"AADSTS900144: The request body must contain the following parameter: '{name}'."
        )
    assert authority.refusal(**form | {"requested_token_use": "other"}) == (400, "unsupported_grant_type", 70003)
    assert authority.refusal("common", **form) == (400, "invalid_request", 50059)


def issued(authority, **wanted):
    return authority.control("POST", "refresh_tokens", {"action": "issue"} | wanted)["refresh_token"]


def redeemed(token, **wanted):
    return {"grant_type": "refresh_token", "refresh_token": token, **BY_GATEWAY} | wanted


def test_a_refresh_token_gives_tokens_and_its_successor(authority):
    first = issued(authority)
    answer = authority.confidential().acquire_token_by_refresh_token(first, [SCOPE])

    assert authority.verified(answer["access_token"], PARTNER_CENTER.uri, version=1)["upn"] == "ada@partner.example"
    assert answer["refresh_token"] not in {first, None}
    assert authority.token(**redeemed(answer["refresh_token"])).status_code == 200
    assert authority.grants() == ["refresh_token", "refresh_token"]


def test_a_refresh_token_is_good_for_other_resources_too(authority):
    scope = f"{PARTNER_CENTER_CHINA.uri}/user_impersonation"
    answer = authority.token(**redeemed(issued(authority), scope=scope)).json()

    assert authority.verified(answer["access_token"], PARTNER_CENTER_CHINA.uri, version=1)["oid"]
    assert answer["scope"] == scope


def test_without_a_scope_the_first_one_counts(authority):
    token = issued(authority, user="eli", scope=f"{GATEWAY_API.uri}/Invoices.Read offline_access")
    answer = authority.token("organizations", **redeemed(token)).json()

    assert answer["scope"] == f"{GATEWAY_API.uri}/Invoices.Read"
    assert authority.verified(answer["access_token"], GATEWAY.id, tenant=CONTOSO_TENANT.id)["scp"] == "Invoices.Read"
    assert "refresh_token" in answer


def test_a_refresh_token_stays_valid_after_its_rotation(authority):
    form = redeemed(issued(authority))

    assert [authority.token(**form).status_code for _ in range(2)] == [200, 200]


def test_a_refresh_token_may_be_good_once_only(authority):
    authority.control("PUT", "switches", {"one_time_refresh_tokens": True})
    form = redeemed(issued(authority))
    successor = authority.token(**form).json()["refresh_token"]

    assert authority.refusal(**form) == (400, "invalid_grant", 70000)
    assert authority.token(**redeemed(successor)).status_code == 200


def test_refresh_tokens_are_withdrawn(authority):
    tokens = [issued(authority, user=user) for user in ("ada", "ben", "ben", "eli")]

    def withdraw(**which):
        return authority.control("POST", "refresh_tokens", {"action": "withdraw"} | which)["withdrawn"]

    assert withdraw(token=tokens[0]) == 1
    assert withdraw(user="ben") == 2
    assert [authority.token("common", **redeemed(token)).status_code for token in tokens] == [400, 400, 400, 200]
    assert authority.control("DELETE", "refresh_tokens") == {"withdrawn": 2}

    body = authority.token(**redeemed(tokens[0])).json()
    assert (body["error"], body["suberror"], body["error_codes"]) == ("invalid_grant", "bad_token", [50173])


def test_a_refresh_token_expires(authority):
    authority.control("PUT", "switches", {"refresh_token_lifetime_s": 0})

    assert authority.refusal(**redeemed(issued(authority))) == (400, "invalid_grant", 700082)


def test_a_refresh_token_that_does_not_fit_is_refused(authority):
    token = issued(authority)
    by_front_end = {"client_id": FRONT_END.id, "client_secret": ""}

    assert authority.refusal(**redeemed("unknown")) == (400, "invalid_grant", 9002313)
    assert authority.refusal(**redeemed(token, **by_front_end)) == (400, "invalid_grant", 70000)
    assert authority.refusal(CONTOSO_TENANT.id, **redeemed(token)) == (400, "invalid_grant", 50020)
    assert authority.refusal(**redeemed(token, client_secret="wrong")) == (401, "invalid_client", 7000215)


def test_lifetimes_are_switched(authority):
    authority.control("PUT", "switches", {"access_token_lifetime_s": 90})
    answer = authority.token(**redeemed(issued(authority))).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})

    assert (answer["expires_in"], answer["ext_expires_in"], claims["exp"] - claims["iat"]) == (90, 90, 90)
