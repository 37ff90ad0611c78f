"""What the gateway proves itself with: a secret, a certificate, or a token of a cluster's."""

import pytest
from sign_in_documents import SUMMARIES

from gateway.partner_center.sign_in import client_credential
from gateway.sandbox.authority import (
    FEDERATED_AUDIENCE,
    FEDERATED_ISSUER,
    FEDERATED_SUBJECT,
    make_client_certificate,
)
from gateway.settings import SettingsError

pytestmark = pytest.mark.anyio

GRANTS = {"obo": "on_behalf_of", "service": "refresh_token"}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return make_client_certificate(tmp_path_factory.mktemp("client"))


def cluster_token(authority, **claims):
    minted = {"iss": FEDERATED_ISSUER, "sub": FEDERATED_SUBJECT} | claims
    return authority.mint(audience=FEDERATED_AUDIENCE, claims=minted)


@pytest.mark.parametrize("key_first", [True, False], ids=["key first", "certificate first"])
@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_certificate_in_one_file_with_its_key(*, mode, key_first, start, authority, made, tmp_path):
    authority.control("POST", "credentials", {"kind": "certificate", "certificate": made.certificate.read_text()})
    parts = [made.key.read_text(), made.certificate.read_text()]
    pem = tmp_path / "app.pem"
    pem.write_text("".join(parts if key_first else reversed(parts)))
    gateway = await start(mode, authority.mint(user="ada"), client_secret=None, client_certificate=pem)

    assert (await gateway.ask(SUMMARIES))["invoiceSummaries"]["items"]
    assert authority.grants() == [GRANTS[mode]]


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_certificate_that_entra_does_not_know_is_refused(mode, start, authority, made, tmp_path):
    pem = tmp_path / "app.pem"
    pem.write_text(made.key.read_text() + made.certificate.read_text())
    gateway = await start(mode, authority.mint(user="ada"), client_secret=None, client_certificate=pem)

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_FAILED")]


@pytest.mark.parametrize("left_out", ["key", "certificate", "both", "the file"])
async def test_a_certificate_that_is_none_keeps_the_gateway_from_starting(left_out, start, made, tmp_path):
    pem = tmp_path / "app.pem"
    parts = {"key": made.certificate.read_text(), "certificate": made.key.read_text(), "both": "nothing"}
    if left_out in parts:
        pem.write_text(parts[left_out])

    with pytest.raises(SettingsError, match="GATEWAY_CLIENT_CERTIFICATE: ") as raised:
        await start("obo", client_secret=None, client_certificate=pem)
    assert "PRIVATE" not in str(raised.value)


async def test_bytes_that_are_no_text_keep_the_gateway_from_starting(start, tmp_path):
    pem = tmp_path / "app.pem"
    pem.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match="GATEWAY_CLIENT_CERTIFICATE: "):
        await start("obo", client_secret=None, client_certificate=pem)


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_federated_token_is_read_anew_for_each_sign_in(mode, start, authority, tmp_path):
    file = tmp_path / "token"
    file.write_text(cluster_token(authority) + "\n")
    authority.control("PUT", "switches", {"access_token_lifetime_s": 60})
    caller = authority.mint(user="ada", lifetime_s=3600)
    gateway = await start(mode, caller, client_secret=None, federated_token_file=file, cache_url="none://")

    await gateway.ask(SUMMARIES)
    # The cluster replaces it before it ends.
    file.write_text(cluster_token(authority, sub="system:serviceaccount:other:other"))
    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_FAILED")]
    file.write_text(cluster_token(authority))
    await gateway.ask(SUMMARIES)
    assert authority.grants() == [GRANTS[mode]] * 3


async def test_a_federated_token_that_is_not_there_yet_is_told_and_heals(start, authority, tmp_path):
    file = tmp_path / "token"
    gateway = await start("obo", authority.mint(user="ada"), client_secret=None, federated_token_file=file)

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "SIGN_IN_UNAVAILABLE")]
    file.write_text(cluster_token(authority))
    await gateway.ask(SUMMARIES)


def test_without_a_credential_there_is_none():
    assert client_credential(secret=None, certificate=None, federated_token=None) is None
