"""What the authority tells of itself, and the rotation of its keys."""

import jwt
import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import GATEWAY, PARTNER_TENANT, create_authority
from gateway.sandbox.authority.keys import SigningKeys
from gateway.sandbox.server import serve_in_thread

V2 = "/v2.0/.well-known/openid-configuration"
V1 = "/.well-known/openid-configuration"


def test_discovery_names_issuer_and_endpoints_under_the_host_it_was_asked_at(authority):
    body = authority.get(f"/{PARTNER}{V2}").json()
    base = f"{authority.url}/{PARTNER}"

    assert body["issuer"] == f"{base}/v2.0"
    assert body["jwks_uri"] == f"{base}/discovery/v2.0/keys"
    assert body["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert body["device_authorization_endpoint"] == f"{base}/oauth2/v2.0/devicecode"
    assert body["authorization_endpoint"] == f"{base}/oauth2/v2.0/authorize"


def test_version_1_has_an_issuer_of_its_own(authority):
    assert authority.get(f"/{PARTNER}{V1}").json()["issuer"] == f"{authority.url}/{PARTNER}/"


def test_a_domain_names_its_tenant_too(authority):
    by_domain = authority.get(f"/{PARTNER_TENANT.domain.upper()}{V2}").json()

    assert by_domain == authority.get(f"/{PARTNER}{V2}").json()


@pytest.mark.parametrize("alias", ["organizations", "common"])
def test_an_alias_has_a_template_for_an_issuer(authority, alias):
    body = authority.get(f"/{alias}{V2}").json()

    assert body["issuer"] == f"{authority.url}/{{tenantid}}/v2.0"
    assert body["token_endpoint"] == f"{authority.url}/{alias}/oauth2/v2.0/token"


@pytest.mark.parametrize("path", [V2, V1, "/discovery/v2.0/keys"])
def test_an_unknown_tenant_is_refused(authority, path):
    response = authority.get(f"/elsewhere{path}")

    assert response.status_code == 400
    assert response.json()["error_codes"] == [90002]
    assert response.json()["error_description"].startswith("AADSTS90002: Tenant 'elsewhere' not found.")


def test_a_base_url_stands_in_for_the_host(tls, authority):
    with serve_in_thread(create_authority(base_url="https://authority.example/"), tls=tls) as url:
        body = authority.http.get(f"{url}/{PARTNER}{V2}", timeout=10).json()

    assert body["issuer"] == f"https://authority.example/{PARTNER}/v2.0"


def test_the_keys_are_public_and_verify_tokens(authority):
    (key,) = authority.get(f"/{PARTNER}/discovery/v2.0/keys").json()["keys"]

    assert sorted(key) == ["e", "kid", "kty", "n", "use"]
    assert authority.verified(authority.mint(), GATEWAY.id)["ver"] == "2.0"


def kids(authority):
    return [key["kid"] for key in authority.get(f"/{PARTNER}/discovery/v2.0/keys").json()["keys"]]


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_keys_rotate_step_by_step(authority):
    (old,) = kids(authority)
    assert authority.control("GET", "keys") == [{"kid": old, "signing": True, "published": True}]

    authority.control("POST", "keys", {"action": "add"})
    published = kids(authority)
    assert (published[0], len(published)) == (old, 2)
    assert kid_of(authority.mint()) == old

    authority.control("POST", "keys", {"action": "use_next"})
    assert kid_of(authority.mint()) == published[1]
    assert kids(authority) == published

    report = authority.control("POST", "keys", {"action": "withdraw"})
    assert report == [{"kid": published[1], "signing": True, "published": True}]
    assert kids(authority) == [published[1]]


def test_a_token_of_a_withdrawn_key_is_no_assertion(authority):
    assertion = authority.mint(user="ada")
    for action in ("add", "use_next", "withdraw"):
        authority.control("POST", "keys", {"action": action})

    result = authority.confidential().acquire_token_on_behalf_of(assertion, ["api://gateway-sandbox/.default"])
    assert result["error_codes"] == [50013]


def test_the_authority_may_sign_with_a_key_that_is_not_published(authority):
    (kid,) = kids(authority)
    report = authority.control("POST", "keys", {"action": "withdraw", "kid": kid})

    assert report == [{"kid": kid, "signing": True, "published": False}]
    assert (kids(authority), kid_of(authority.mint())) == ([], kid)


def test_steps_that_cannot_be_taken_are_refused(authority):
    def message(change):
        response = authority.http.post(f"{authority.url}/_sandbox/keys", json=change, timeout=10)
        return response.status_code, response.json()["message"]

    assert message({"action": "withdraw"}) == (400, "Only the signing key is published: add one first")
    assert message({"action": "withdraw", "kid": "none"}) == (400, "No such key is published")


def test_a_new_key_cannot_sign_where_none_is_published():
    keys = SigningKeys()
    keys.withdraw(keys.report()[0]["kid"])

    with pytest.raises(ValueError, match="No key is published"):
        keys.use_next()
