"""The control endpoint: minted tokens, the journal, switches, beginning anew."""

import jwt
import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import (
    ADA,
    DAEMON,
    FRONT_END,
    GATEWAY,
    GATEWAY_API,
    NORTHWIND_TENANT,
    PARTNER_CENTER,
    TENANTS,
    USERS,
)
from gateway.sandbox.authority.draw import Draw

TOKEN = f"/{PARTNER}/oauth2/v2.0/token"
ASKED = {
    "grant_type": "client_credentials",
    "client_id": DAEMON.id,
    "client_secret": DAEMON.secret,
    "scope": f"{GATEWAY_API.uri}/.default",
}


def test_a_users_token_is_for_the_gateway_by_default(authority):
    claims = authority.verified(authority.mint(user="ada"), GATEWAY.id)

    assert {
        name: value for name, value in claims.items() if name not in {"iat", "nbf", "exp", "uti", "sub", "iss"}
    } == {
        "aud": GATEWAY.id,
        "tid": PARTNER,
        "oid": ADA.oid,
        "azp": FRONT_END.id,
        "azpacr": "1",
        "ver": "2.0",
        "amr": ["pwd", "mfa"],
        "name": "Ada Admin",
        "scp": "Invoices.Read",
        "preferred_username": "ada@partner.example",
    }


def test_an_apps_token_has_its_roles_or_others(authority):
    def roles(**wanted):
        claims = jwt.decode(authority.mint(client_id=DAEMON.id, **wanted), options={"verify_signature": False})
        return claims.get("roles"), claims["tid"]

    assert roles() == (["Invoices.Read.All"], PARTNER)
    assert roles(roles=["Other"], tenant="northwind.example") == (["Other"], NORTHWIND_TENANT.id)
    assert roles(roles=[]) == (None, PARTNER)


def test_every_claim_can_be_set_or_left_out(authority):
    answer = authority.control(
        "POST",
        "tokens",
        {
            "user": "finn",
            "audience": "urn:other",
            "scopes": ["a", "b"],
            "lifetime_s": 7,
            "not_before_s": -3,
            "version": 1,
            "claims": {"amr": ["pwd"], "upn": None, "sub": "s"},
        },
    )
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})

    assert claims == answer["claims"]
    assert (claims["aud"], claims["scp"], claims["amr"], claims["sub"], claims["ver"]) == (
        "urn:other",
        "a b",
        ["pwd"],
        "s",
        "1.0",
    )
    assert (claims["exp"] - claims["iat"], claims["nbf"] - claims["iat"], answer["expires_in"]) == (7, -3, 7)
    assert (claims["unique_name"], "upn" in claims) == ("finn@northwind.example", False)


def test_two_tokens_of_one_second_differ(authority):
    assert authority.mint(user="ada") != authority.mint(user="ada")


def test_a_user_is_another_sub_to_each_audience(authority):
    subs = [
        jwt.decode(authority.mint(user="ada", audience=audience), options={"verify_signature": False})["sub"]
        for audience in (GATEWAY_API.uri, PARTNER_CENTER.uri, GATEWAY_API.uri)
    ]

    assert (subs[0] == subs[2], subs[0] == subs[1]) == (True, False)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"user": "nobody"}, "No such user: 'nobody'; there are ada, ben, cleo, dora, eli, finn"),
        ({"client_id": "none"}, "No such client: 'none'"),
        ({"tenant": "none"}, "No such tenant: 'none'"),
        ({"lifetime": 1}, "Object contains unknown field `lifetime`"),
    ],
)
def test_what_cannot_be_minted_is_told(authority, wanted, message):
    response = authority.http.post(f"{authority.url}/_sandbox/tokens", json=wanted, timeout=10)

    assert (response.status_code, response.json()) == (400, {"message": message})


def test_the_journal_names_grants_and_clients_but_no_secrets(authority):
    authority.token(**ASKED)
    authority.token(auth=(DAEMON.id, DAEMON.secret), grant_type="password")
    authority.get(f"/{PARTNER}/discovery/v2.0/keys", a="1")
    authority.http.get(f"{authority.url}/device", headers={"client-request-id": "c"}, timeout=10)
    report = authority.control("GET", "requests")

    assert [
        [entry[key] for key in ("method", "path", "query", "grant", "client", "scope", "correlationId")]
        for entry in report["requests"]
    ] == [
        ["POST", TOKEN, "", "client_credentials", DAEMON.id, f"{GATEWAY_API.uri}/.default", None],
        ["POST", TOKEN, "", "password", DAEMON.id, None, None],
        ["GET", f"/{PARTNER}/discovery/v2.0/keys", "a=1", None, None, None, None],
        ["GET", "/device", "", None, None, None, "c"],
    ]
    assert (report["count"], report["inFlight"], report["peakInFlight"]) == (4, 0, 1)
    assert DAEMON.secret not in str(report)
    assert "authorization" not in str(report["requests"])
    authority.control("DELETE", "requests")
    assert authority.requests() == []


def test_switches_are_replaced_and_reset(authority):
    usual = authority.control("GET", "switches")
    assert (usual["access_token_lifetime_s"], usual["interaction_required"]) == (3600, ["dora"])

    assert authority.control("PUT", "switches", {"one_time_refresh_tokens": True})["one_time_refresh_tokens"] is True
    assert authority.control("PUT", "switches", {"device_interval_s": 1})["one_time_refresh_tokens"] is False
    assert authority.control("DELETE", "switches") == usual


def test_all_is_as_at_first_but_the_signing_key(authority):
    authority.control("POST", "keys", {"action": "add"})
    signing = authority.control("POST", "keys", {"action": "use_next"})[-1]
    authority.control("PUT", "switches", {"one_time_refresh_tokens": True})
    authority.control("PUT", "faults", [{"path": "/nowhere"}])
    tokens = []
    for _ in range(2):
        tokens.append(authority.control("POST", "refresh_tokens", {"action": "issue"})["refresh_token"])
        authority.control("DELETE", "state")

    assert authority.control("GET", "keys") == [signing]
    assert authority.control("GET", "switches")["one_time_refresh_tokens"] is False
    assert (authority.control("GET", "faults"), authority.requests()) == ([], [])
    # The same seed draws the same codes.
    assert tokens[0] == tokens[1]


def test_another_seed_draws_other_codes():
    drawn = [(draw.code(), draw.user_code()) for draw in (Draw(1), Draw(1), Draw(2))]

    assert (drawn[0] == drawn[1], drawn[0] == drawn[2]) == (True, False)


def test_there_are_one_partner_and_two_others_with_six_users():
    assert len(TENANTS) == 3
    assert {user.tenant for user in USERS.values()} == set(TENANTS)
    assert len({user.oid for user in USERS.values()}) == len(USERS) == 6


def test_paths_that_do_not_exist_are_not_found(authority):
    assert authority.get(f"/{PARTNER}/oauth2/v2.0/token/").status_code == 404
    assert authority.get(TOKEN).status_code == 405
