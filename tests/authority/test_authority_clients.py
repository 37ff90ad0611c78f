"""Apps: how they prove themselves, and the tokens they get for themselves."""

import uuid

import jwt
import pytest
from authority_client import PARTNER

from gateway.sandbox.authority import (
    CONTOSO_TENANT,
    DAEMON,
    DAEMON_WITHOUT_ROLE,
    FRONT_END,
    GATEWAY,
    GATEWAY_API,
    PARTNER_CENTER,
)

SCOPE = f"{GATEWAY_API.uri}/.default"
ASKED = {"grant_type": "client_credentials", "scope": SCOPE}


def test_an_app_with_a_role_has_it_in_its_token(authority):
    answer = authority.confidential(DAEMON).acquire_token_for_client([SCOPE])
    claims = authority.verified(answer["access_token"], GATEWAY.id)

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert claims["roles"] == ["Invoices.Read.All"]
    assert (claims["azp"], claims["azpacr"], claims["idtyp"], claims["tid"]) == (DAEMON.id, "1", "app", PARTNER)
    assert claims["oid"] == claims["sub"] == str(uuid.uuid5(uuid.UUID(DAEMON.id), PARTNER))
    assert not {"scp", "amr", "preferred_username"} & claims.keys()


def test_an_app_without_a_role_has_none(authority):
    answer = authority.confidential(DAEMON_WITHOUT_ROLE).acquire_token_for_client([SCOPE])

    assert "roles" not in authority.verified(answer["access_token"], GATEWAY.id)


def test_partner_centers_tokens_are_of_version_1(authority):
    answer = authority.confidential().acquire_token_for_client([f"{PARTNER_CENTER.uri}/.default"])
    claims = authority.verified(answer["access_token"], PARTNER_CENTER.uri, version=1)

    assert (claims["ver"], claims["appid"], claims["appidacr"]) == ("1.0", GATEWAY.id, "1")
    assert "azp" not in claims


def test_an_app_has_an_object_id_in_each_tenant(authority):
    oids = [
        jwt.decode(
            authority.confidential(DAEMON, tenant=tenant).acquire_token_for_client([SCOPE])["access_token"],
            options={"verify_signature": False},
        )["oid"]
        for tenant in (PARTNER, CONTOSO_TENANT.id)
    ]

    assert oids[0] != oids[1]


def test_a_secret_may_come_by_basic_authentication(authority):
    assert authority.token(auth=(DAEMON.id, DAEMON.secret), **ASKED).json()["expires_in"] == 3600


@pytest.mark.parametrize("header", ["Basic !", "Basic YQ==", "Bearer a"])
def test_what_is_not_basic_authentication_is_as_if_it_were_not_there(authority, header):
    authority.http.headers["Authorization"] = header

    assert authority.refusal(**ASKED) == (400, "invalid_request", 900144)


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        (ASKED, (400, "invalid_request", 900144)),
        (ASKED | {"client_id": "nobody"}, (400, "unauthorized_client", 700016)),
        (ASKED | {"client_id": DAEMON.id}, (401, "invalid_client", 7000218)),
        (ASKED | {"client_id": GATEWAY.id}, (401, "invalid_client", 7000218)),
        (ASKED | {"client_id": DAEMON.id, "client_secret": "wrong"}, (401, "invalid_client", 7000215)),
        (ASKED | {"client_id": FRONT_END.id, "client_secret": "any"}, (401, "invalid_client", 700025)),
    ],
)
def test_a_request_without_a_usable_app_is_refused(authority, form, refusal):
    assert authority.refusal(**form) == refusal


@pytest.mark.parametrize(
    ("scope", "error", "code"),
    [
        ("", "invalid_request", 900144),
        (f"{GATEWAY_API.uri}/Invoices.Read", "invalid_scope", 1002012),
        ("https://nowhere.example/.default", "invalid_resource", 500011),
        (f"{GATEWAY_API.uri}/Invoices.Write", "invalid_scope", 70011),
        (f"{GATEWAY_API.uri}/.default {GATEWAY_API.uri}/Invoices.Read", "invalid_scope", 70011),
        (f"{GATEWAY_API.uri}/.default {PARTNER_CENTER.uri}/.default", "invalid_scope", 28000),
        ("openid", "invalid_scope", 1002012),
    ],
)
def test_a_scope_that_an_app_cannot_have_is_refused(authority, scope, error, code):
    form = {"grant_type": "client_credentials", "client_id": DAEMON.id, "client_secret": DAEMON.secret, "scope": scope}

    assert authority.refusal(**form) == (400, error, code)


def test_an_app_has_to_name_its_tenant(authority):
    form = ASKED | {"client_id": DAEMON.id, "client_secret": DAEMON.secret}

    assert authority.refusal("organizations", **form) == (400, "invalid_request", 50059)
    assert authority.refusal("elsewhere", **form) == (400, "invalid_tenant", 90002)


def test_an_error_has_entras_shape(authority):
    response = authority.http.post(
        f"{authority.url}/{PARTNER}/oauth2/v2.0/token",
        data={},
        headers={"client-request-id": "5eed"},
        timeout=10,
    )
    body = response.json()

    assert sorted(body) == [
        "correlation_id",
        "error",
        "error_codes",
        "error_description",
        "timestamp",
        "trace_id",
    ]
    assert body["error_description"] == (
        "AADSTS900144: The request body must contain the following parameter: 'grant_type'. "
        f"Trace ID: {body['trace_id']} Correlation ID: 5eed Timestamp: {body['timestamp']}"
    )
    assert body["timestamp"].endswith("Z")
    assert (response.headers["client-request-id"], response.headers["cache-control"]) == ("5eed", "no-store")
    assert uuid.UUID(response.headers["x-ms-request-id"]).version == 4


def test_a_body_may_come_in_pieces(authority):
    form = ASKED | {"client_id": DAEMON.id, "client_secret": DAEMON.secret, "padding": "x" * 300_000}

    assert authority.token(**form).status_code == 200


def test_a_body_that_is_no_form_has_no_parameters(authority):
    response = authority.http.post(f"{authority.url}/{PARTNER}/oauth2/v2.0/token", json=ASKED, timeout=10)

    assert response.json()["error_codes"] == [900144]
