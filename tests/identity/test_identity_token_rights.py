"""What a token must carry: the scope or the role; and whose token it is."""

import pytest

from gateway.errors import ForbiddenError
from gateway.identity.token_verifier import TokenVerifier
from tests.identity.fake_issuer import AUDIENCE, CLIENT, ROLE, SCOPE, Door, app_claims, claims, token
from tests.identity.token_checks import ID_TOKEN, assert_refused

pytestmark = pytest.mark.anyio

NOT_ALLOWED = f"This token does not carry the scope {SCOPE} or the role {ROLE}."


WITHOUT_RIGHTS = {
    "another scope": claims(scp="Invoices.Write"),
    "a scope that begins alike": claims(scp=SCOPE + ".All"),
    "the scope in lower case": claims(scp=SCOPE.lower()),
    "no scope": claims(scp=None),
    "the role for a scope": claims(scp=ROLE),
    "no role": app_claims(roles=None),
    "no roles": app_claims(roles=[]),
    "another role": app_claims(roles=["Invoices.Write.All"]),
    "the scope for a role": app_claims(roles=[SCOPE]),
}


@pytest.mark.parametrize("said", WITHOUT_RIGHTS.values(), ids=WITHOUT_RIGHTS.keys())
async def test_without_the_scope_and_the_role_it_is_forbidden(said):
    with pytest.raises(ForbiddenError) as raised:
        await Door().verify(token(said))

    assert raised.value.message == NOT_ALLOWED


@pytest.mark.parametrize(
    ("wanted", "said", "message"),
    [
        ({"scope": None}, claims(scp="None"), f"This token does not carry the role {ROLE}."),
        ({"role": None}, app_claims(roles=["None"]), f"This token does not carry the scope {SCOPE}."),
        ({"role": ""}, app_claims(roles=[""]), f"This token does not carry the scope {SCOPE}."),
        ({"scope": ""}, claims(scp=[""]), f"This token does not carry the role {ROLE}."),
    ],
)
async def test_where_one_alone_is_asked_for_nothing_stands_for_the_other(wanted, said, message):
    with pytest.raises(ForbiddenError) as raised:
        await Door(**wanted).verify(token(said))

    assert raised.value.message == message


@pytest.mark.parametrize("wanted", [{"audiences": ()}, {"scope": None, "role": None}, {"scope": "", "role": ""}])
def test_a_verifier_that_takes_others_tokens_cannot_be_made(wanted):
    with pytest.raises(ValueError, match="tokens for others would do"):
        TokenVerifier(Door().keys, **({"audiences": (AUDIENCE,), "scope": SCOPE, "role": ROLE} | wanted))


async def test_an_id_token_with_the_role_is_refused():
    await assert_refused(token(claims(scp=None, azp=None, roles=[ROLE], nonce="n", name="Ada")), ID_TOKEN)


@pytest.mark.parametrize(
    ("said", "app_only"),
    [
        (claims(), False),
        (claims(idtyp="user"), False),
        (claims(sub=None, azp=None), False),
        (app_claims(), True),
        (app_claims(idtyp=None), True),
        (app_claims(idtyp=None, azp=None), True),
        (app_claims(idtyp=None, azp=None, sub=None), True),
        (claims(idtyp="app"), True),
        (claims(scp=None, roles=[ROLE]), True),
        (claims(sub=CLIENT), True),
    ],
)
async def test_an_application_is_told_from_a_user(said, app_only):
    assert (await Door().verify(token(said))).is_app_only is app_only
