"""What an issuer is called, and where its metadata may be read."""

import pytest

from gateway.identity.issuers import entra, is_trustworthy_address, openid_provider

TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
OTHER = "aaaaaaaa-0000-4000-8000-000000000002"


def test_entras_metadata_are_those_of_the_own_tenant():
    issuer = entra("https://login.microsoftonline.com/", TENANT.upper())

    assert issuer.metadata_url == f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"
    assert issuer.tenants == {TENANT}


def test_entras_tenants_are_the_listed_ones_whatever_their_case():
    issuer = entra("https://login.microsoftonline.com", TENANT, tenants=[OTHER.upper()])

    assert issuer.tenants == {OTHER}


@pytest.mark.parametrize(
    ("authority", "names"),
    [
        (
            "https://login.microsoftonline.com",
            [
                f"https://login.microsoftonline.com/{TENANT}/v2.0",
                f"https://login.microsoftonline.com/{TENANT}/",
                f"https://sts.windows.net/{TENANT}/",
            ],
        ),
        (
            "https://login.microsoftonline.us",
            [f"https://login.microsoftonline.us/{TENANT}/v2.0", f"https://sts.windows.net/{TENANT}/"],
        ),
        (
            "https://login.chinacloudapi.cn",
            [
                f"https://login.chinacloudapi.cn/{TENANT}/v2.0",
                f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0",
                f"https://sts.chinacloudapi.cn/{TENANT}/",
            ],
        ),
        (
            "https://login.partner.microsoftonline.cn",
            [f"https://login.chinacloudapi.cn/{TENANT}/v2.0", f"https://sts.chinacloudapi.cn/{TENANT}/"],
        ),
    ],
)
def test_entra_has_names_of_both_versions(authority, names):
    issuer = entra(authority, TENANT)

    assert [issuer.has_name(name, TENANT) for name in names] == [True] * len(names)
    assert [issuer.has_name(name, OTHER) for name in names] == [False] * len(names)


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        ("https://login.microsoftonline.com", f"https://login.microsoftonline.us/{TENANT}/v2.0"),
        ("https://login.microsoftonline.com", f"https://sts.chinacloudapi.cn/{TENANT}/"),
        ("https://login.chinacloudapi.cn", f"https://sts.windows.net/{TENANT}/"),
        ("https://login.microsoftonline.com", f"https://login.microsoftonline.com/{TENANT}"),
        ("https://login.microsoftonline.com", f"https://login.microsoftonline.com/{TENANT}/v2.0/"),
        ("https://login.microsoftonline.com", f"https://sts.windows.net/{TENANT}/v2.0"),
        ("https://login.microsoftonline.com", ""),
    ],
)
def test_one_cloud_does_not_have_anothers_names(authority, name):
    assert not entra(authority, TENANT).has_name(name, TENANT)


@pytest.mark.parametrize(
    ("described", "right"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", True),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", True),
        (f"https://sts.windows.net/{TENANT}/", True),
        (f"https://login.microsoftonline.com/{OTHER}/v2.0", False),
        ("https://login.microsoftonline.com/common/v2.0", False),
        ("https://login.microsoftonline.com", False),
        ("", False),
    ],
)
def test_metadata_of_entra_are_the_own_tenants_or_a_pattern(described, right):
    issuer = entra("https://login.microsoftonline.com", TENANT, tenants=[OTHER])

    assert issuer.describes_itself_as(described) is right


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://id.example", "https://id.example/.well-known/openid-configuration"),
        ("https://id.example/", "https://id.example/.well-known/openid-configuration"),
        ("https://id.example/realms/a", "https://id.example/realms/a/.well-known/openid-configuration"),
        ("https://id.example/realms/a/", "https://id.example/realms/a/.well-known/openid-configuration"),
        ("http://127.0.0.1:8090/a", "http://127.0.0.1:8090/a/.well-known/openid-configuration"),
    ],
)
def test_a_providers_metadata_stand_below_its_issuer(issuer, url):
    assert openid_provider(issuer).metadata_url == url
    assert openid_provider(issuer).describes_itself_as(issuer)


@pytest.mark.parametrize(
    "address", ["http://id.example", "id.example", "", "ftp://127.0.0.1", "https://", "https://user@id.example"]
)
def test_an_issuer_is_reached_by_https_or_on_loopback(address):
    with pytest.raises(ValueError, match="must begin with https://, or http:// on loopback"):
        openid_provider(address)
    with pytest.raises(ValueError, match="must begin with https://, or http:// on loopback"):
        entra(address, TENANT)


@pytest.mark.parametrize(
    ("address", "plain", "right"),
    [
        ("https://keys.example/jwks?a=b", False, True),
        ("HTTPS://keys.example/jwks", False, True),
        ("https://127.0.0.1/jwks", False, True),
        ("http://127.0.0.1:8090/jwks", True, True),
        ("http://127.1.2.3/jwks", True, True),
        ("http://[::1]:8090/jwks", True, True),
        ("http://localhost/jwks", True, True),
        ("http://127.0.0.1:8090/jwks", False, False),
        ("http://keys.example/jwks", True, False),
        ("http://localhost.attacker.example/jwks", True, False),
        ("http://10.0.0.1/jwks", True, False),
        ("http://169.254.169.254/jwks", True, False),
        ("https://user:secret@keys.example/jwks", False, False),
        ("file:///jwks", True, False),
        ("/jwks", True, False),
        ("https://[::1/jwks", False, False),
        ("https://keys.example:port/jwks", False, False),
        ("https://keys.example/\n", False, False),
    ],
)
def test_what_can_be_changed_on_its_way_is_not_trusted(address, plain, right):
    assert is_trustworthy_address(address, plain=plain) is right
