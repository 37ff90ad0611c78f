"""Proofs that apps sign: certificates, and tokens of other issuers."""

import base64
import datetime as dt
from pathlib import Path

import jwt
import pytest
from authority_client import PARTNER
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.sandbox.authority import (
    DAEMON,
    FEDERATED_AUDIENCE,
    FEDERATED_ISSUER,
    FEDERATED_SUBJECT,
    GATEWAY,
    GATEWAY_API,
    make_client_certificate,
)

SCOPE = f"{GATEWAY_API.uri}/.default"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASKED = {"grant_type": "client_credentials", "scope": SCOPE}


def test_a_certificate_proves_an_app(authority, tmp_path):
    made = make_client_certificate(tmp_path)
    certificate = made.certificate.read_text()
    authority.control("POST", "credentials", {"kind": "certificate", "certificate": certificate})
    credential = {"private_key": made.key.read_text(), "public_certificate": certificate}
    answer = authority.confidential(credential=credential).acquire_token_for_client([SCOPE])

    assert authority.verified(answer["access_token"], GATEWAY.id)["azpacr"] == "2"


def test_a_certificate_may_be_named_by_its_sha_1_thumbprint(authority, tmp_path):
    made = make_client_certificate(tmp_path)
    body = {"kind": "certificate", "certificate": made.certificate.read_text(), "client_id": DAEMON.id}
    thumbprint = authority.control("POST", "credentials", body)["thumbprint"]
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert thumbprint == certificate.fingerprint(hashes.SHA256()).hex()
    credential = {"private_key": made.key.read_text(), "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}
    answer = authority.confidential(DAEMON, credential).acquire_token_for_client([SCOPE])

    assert answer["expires_in"] == 3600


def test_an_app_may_have_several_certificates(authority, tmp_path):
    folders = [tmp_path / name for name in ("old", "new")]
    for folder in folders:
        folder.mkdir()
        certificate = make_client_certificate(folder).certificate.read_text()
        authority.control("POST", "credentials", {"kind": "certificate", "certificate": certificate})
    credential = {"private_key": (folder / "client.key").read_text(), "public_certificate": certificate}

    assert "access_token" in authority.confidential(credential=credential).acquire_token_for_client([SCOPE])


def test_a_certificate_that_is_not_registered_proves_nothing(authority, tmp_path):
    made = make_client_certificate(tmp_path)
    credential = {"private_key": made.key.read_text(), "public_certificate": made.certificate.read_text()}
    answer = authority.confidential(credential=credential).acquire_token_for_client([SCOPE])

    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "https://elsewhere.example"}, 700023),
        ({"exp": 1}, 700024),
        ({"nbf": 99999999999}, 700024),
        ({"sub": "someone"}, 700027),
        ({"exp": None}, 700027),
    ],
)
def test_each_fault_of_an_assertion_has_its_code(authority, tmp_path, claims, code):
    made = make_client_certificate(tmp_path)
    body = {"kind": "certificate", "certificate": made.certificate.read_text()}
    thumbprint = bytes.fromhex(authority.control("POST", "credentials", body)["thumbprint"])
    now = int(dt.datetime.now(dt.UTC).timestamp())
    usual = {
        "iss": GATEWAY.id,
        "sub": GATEWAY.id,
        "aud": f"{authority.url}/{PARTNER}/oauth2/v2.0/token",
        "exp": now + 300,
    }
    assertion = jwt.encode(
        {name: value for name, value in (usual | claims).items() if value is not None},
        made.key.read_text(),
        "PS256",
        {"x5t#S256": base64.urlsafe_b64encode(thumbprint).decode()},
    )
    proof = {"client_id": GATEWAY.id, "client_assertion_type": ASSERTION, "client_assertion": assertion}

    assert authority.refusal(**ASKED, **proof) == (401, "invalid_client", code)


def test_an_assertion_has_to_be_a_jwt(authority):
    proof = {"client_id": GATEWAY.id, "client_assertion_type": ASSERTION, "client_assertion": "not one"}

    assert authority.refusal(**ASKED, **proof) == (401, "invalid_client", 700027)


def federated(authority, path: Path):
    """The gateway as it runs in a cluster: its assertion stands in a file."""
    return authority.confidential(credential={"client_assertion": path.read_text})


def test_a_token_in_a_file_proves_the_gateway(authority, tmp_path):
    path = tmp_path / "token"
    claims = {"iss": FEDERATED_ISSUER, "sub": FEDERATED_SUBJECT, "aud": FEDERATED_AUDIENCE}
    path.write_text(authority.mint(claims=claims))
    answer = federated(authority, path).acquire_token_for_client([SCOPE])

    assert authority.verified(answer["access_token"], GATEWAY.id)["azpacr"] == "2"


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ({"iss": "https://elsewhere.example/"}, 700211),
        ({"sub": "system:serviceaccount:gateway:other"}, 700213),
        ({"aud": "other"}, 700212),
        ({"exp": 1}, 700024),
    ],
)
def test_a_federated_token_has_to_match_issuer_subject_and_audience(authority, tmp_path, claim, code):
    path = tmp_path / "token"
    claims = {"iss": FEDERATED_ISSUER, "sub": FEDERATED_SUBJECT, "aud": FEDERATED_AUDIENCE}
    path.write_text(authority.mint(claims=claims | claim))
    answer = federated(authority, path).acquire_token_for_client([SCOPE])

    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [code])


def test_an_issuer_with_a_key_of_its_own_may_be_registered(authority, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    names = {"issuer": "https://other.example/", "subject": "gateway"}
    authority.control("POST", "credentials", {"kind": "federation", "public_key": pem.decode()} | names)
    path = tmp_path / "token"
    claims = {"iss": names["issuer"], "sub": "gateway", "aud": FEDERATED_AUDIENCE, "exp": 99999999999}
    path.write_text(jwt.encode(claims, key, "ES256"))

    assert federated(authority, path).acquire_token_for_client([SCOPE])["expires_in"] == 3600


def test_the_authority_signs_for_an_issuer_without_a_key(authority, tmp_path):
    names = {"issuer": "https://other.example/", "subject": "daemon", "audience": "a"}
    body = {"kind": "federation", "client_id": DAEMON.id} | names
    assert authority.control("POST", "credentials", body) == {}
    path = tmp_path / "token"
    path.write_text(authority.mint(claims={"iss": names["issuer"], "sub": "daemon", "aud": "a"}))
    credential = {"client_assertion": path.read_text}

    assert "access_token" in authority.confidential(DAEMON, credential).acquire_token_for_client([SCOPE])


def test_credentials_that_cannot_be_read_are_refused(authority):
    for body in (
        {"kind": "certificate", "certificate": "none"},
        {"kind": "federation", "issuer": "i", "subject": "s", "public_key": "none"},
        {"kind": "certificate", "certificate": "none", "client_id": "none"},
    ):
        assert authority.http.post(f"{authority.url}/_sandbox/credentials", json=body, timeout=10).status_code == 400
