"""Callers with a token for the gateway: whom they stand for, and with whom they share answers."""

import pytest

from gateway.caller import Caller, Scope
from gateway.errors import ForbiddenError, UnauthenticatedError
from gateway.identity.verified import OnBehalfOf, Service
from tests.identity.fake_issuer import (
    AUDIENCE,
    CLIENT,
    NOW_S,
    ROLE,
    TENANT,
    USER,
    V2,
    Door,
    app_claims,
    claims,
    rsa_key,
    token,
)

pytestmark = pytest.mark.anyio

GATEWAY_CLIENT = "44444444-0000-4000-8000-000000000001"
PARTNER_TENANT = "55555555-0000-4000-8000-000000000001"
NO_TOKEN = "Send an access token for this gateway: Authorization: Bearer …"


def on_behalf_of(door):
    return OnBehalfOf("public", door.verifier)


def service(door):
    return Service("public", door.verifier, tenant=PARTNER_TENANT, client_id=GATEWAY_CLIENT)


both = pytest.mark.parametrize("identity", [on_behalf_of, service])


async def test_a_user_is_acted_for_with_the_users_own_token():
    text = token(claims())

    assert await on_behalf_of(Door()).caller([f"bearer {text}"]) == Caller(
        Scope("public", TENANT, f"user-{USER}"), text
    )


async def test_two_tokens_of_one_user_are_one_scope():
    known = on_behalf_of(Door())
    one, other = [
        await known.caller([f"Bearer {token(claims(exp=NOW_S + seconds, azp=client))}"])
        for seconds, client in ((60, CLIENT), (90, GATEWAY_CLIENT))
    ]

    assert one.scope == other.scope
    assert one.token != other.token


async def test_two_users_are_two_scopes():
    known = on_behalf_of(Door())
    one, other = [await known.caller([f"Bearer {token(claims(oid=oid))}"]) for oid in ("one", "other")]

    assert one.scope == Scope("public", TENANT, "user-one")
    assert other.scope == Scope("public", TENANT, "user-other")


async def test_an_application_cannot_be_acted_for():
    with pytest.raises(ForbiddenError) as raised:
        await on_behalf_of(Door()).caller([f"Bearer {token(app_claims())}"])

    assert raised.value.message == "This token is an application's own; only users can be acted for."


@pytest.mark.parametrize("said", [claims(), claims(oid="other"), app_claims(), claims(scp="", roles=[ROLE])])
async def test_all_who_may_use_the_service_are_one_caller_and_nothing_of_theirs_goes_upstream(said):
    caller = await service(Door()).caller([f"Bearer {token(said)}"])

    assert caller == Caller(Scope("public", PARTNER_TENANT, f"service-{GATEWAY_CLIENT}"), "")


@both
@pytest.mark.parametrize("said", [claims(scp="email"), app_claims(roles=["Other"])])
async def test_who_may_not_ask_is_forbidden_to(identity, said):
    with pytest.raises(ForbiddenError) as raised:
        await identity(Door()).caller([f"Bearer {token(said)}"])

    assert raised.value.extensions == {"code": "FORBIDDEN"}


@both
async def test_no_token_is_refused_and_nothing_asked(identity):
    door = Door()
    with pytest.raises(UnauthenticatedError) as raised:
        await identity(door).caller([])

    assert raised.value.message == NO_TOKEN
    assert door.issuer.requests == []


@both
@pytest.mark.parametrize("headers", [["Basic abc"], ["Bearer a.b.c", "Bearer a.b.c"], ["Bearer"], ["Bearer opaque"]])
async def test_what_is_not_one_access_token_is_refused_and_nothing_asked(identity, headers):
    door = Door()
    with pytest.raises(UnauthenticatedError):
        await identity(door).caller(headers)

    assert door.issuer.requests == []


@both
@pytest.mark.parametrize(
    "text",
    [
        token(claims(), rsa_key("attacker")),
        token(claims(exp=NOW_S - 61)),
        token(claims(aud=AUDIENCE + "2")),
        token(claims(iss=V2 + "/")),
    ],
)
async def test_a_token_that_is_not_to_be_believed_is_refused(identity, text):
    with pytest.raises(UnauthenticatedError) as raised:
        await identity(Door()).caller([f"Bearer {text}"])

    assert raised.value.extensions == {"code": "UNAUTHENTICATED"}


async def test_a_caller_does_not_show_the_token():
    text = token(claims())

    assert text not in repr(await on_behalf_of(Door()).caller([f"Bearer {text}"]))
