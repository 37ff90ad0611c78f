"""Which of the issuer's keys verifies a token."""

import pytest

from tests.identity.fake_issuer import (
    AUTHORITY,
    KEYS,
    METADATA,
    OTHER_TENANT,
    TENANT,
    USER,
    V2,
    Door,
    FakeIssuer,
    claims,
    ec_key,
    jwk,
    rsa_key,
    token,
)
from tests.identity.token_checks import NOT_SIGNED, assert_refused

pytestmark = pytest.mark.anyio


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
