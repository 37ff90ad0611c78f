"""Tokens of any other OpenID provider than Entra."""

import httpx
import pytest

from gateway.identity.issuers import openid_provider
from gateway.identity.token_verifier import Claims
from tests.identity.fake_issuer import NOW_S, ROLE, SCOPE, V2, Door, FakeIssuer, claims, token
from tests.identity.token_checks import NOBODY, WRONG_ISSUER, WRONG_TENANT, assert_refused

pytestmark = pytest.mark.anyio


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
