"""Nobody's data reach another, in any mode, cold or warm, one after another or all at once, with Redis or without."""

from collections import Counter
from functools import partial

import pytest
from isolation import IDS, INVOICE, Seen, ask_interleaved, gateway_tokens, leaks, partner_center_tokens, truth

from gateway.cache import Key
from gateway.partner_center import credentials
from gateway.sandbox.authority import ADA, USERS

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]

# More keep one event loop so busy that the store seems slow, and is left alone.
WITH_REDIS = 10
# Where a check shall go red, a fifth of the requests does it.
FEW = IDS[:10]
USERS_SIGN_IN = {"interaction_required": []}


@pytest.fixture
def start(start):
    """Starts gateways whose operations have a minute: some hundred at once take their time on a busy machine."""
    return partial(start, deadline_s=60)


@pytest.fixture(scope="module")
def _read():
    """What was read by `amounts`: once, since it is the same for every test."""
    return {}


@pytest.fixture
def amounts(sandbox, authority, _read):
    """What each user may see; no two users may see the same."""
    authority.control("PUT", "switches", USERS_SIGN_IN)
    if not _read:
        _read |= truth(sandbox.url, partner_center_tokens(authority))
    amounts = _read
    assert all(len({amounts[user, invoice_id] for user in USERS}) == len(USERS) for invoice_id in IDS)
    sandbox.take_calls()
    return amounts


def tokens_for(mode, authority):
    return (partner_center_tokens if mode == "passthrough" else gateway_tokens)(authority)


@pytest.mark.parametrize("at_once", [1, 300], ids=["in series", "at once"])
@pytest.mark.parametrize("mode", ["passthrough", "obo"])
async def test_each_caller_sees_their_own_alone(*, mode, at_once, start, authority, sandbox, amounts):
    gateway, tokens = await start(mode), tokens_for(mode, authority)

    cold = await ask_interleaved([gateway], tokens, at_once=at_once)
    calls = sandbox.requests()
    warm = await ask_interleaved([gateway], tokens, at_once=at_once)

    assert (leaks(cold, amounts), leaks(warm, amounts)) == ([], [])
    assert Counter(call["partner"] for call in calls) == {
        f"{user.tenant.id}/{user.oid}": len(IDS) for user in USERS.values()
    }
    assert len(sandbox.requests()) == 300
    assert authority.grants() == ([] if mode == "passthrough" else ["on_behalf_of"] * 6)


@pytest.mark.parametrize("at_once", [1, 300], ids=["in series", "at once"])
async def test_in_service_all_see_the_account_s_and_share_what_was_read(at_once, start, authority, sandbox, amounts):
    gateway, tokens = await start("service"), gateway_tokens(authority)

    cold = await ask_interleaved([gateway], tokens, at_once=at_once)
    calls = sandbox.requests()
    warm = await ask_interleaved([gateway], tokens, at_once=at_once)

    assert (leaks(cold, amounts, account="ada"), leaks(warm, amounts, account="ada")) == ([], [])
    assert Counter(call["partner"] for call in calls) == {f"{ADA.tenant.id}/{ADA.oid}": len(IDS)}
    assert len(sandbox.requests()) == len(IDS)
    assert authority.grants() == ["refresh_token"]


@pytest.mark.redis
@pytest.mark.parametrize("mode", ["passthrough", "obo", "service"])
async def test_replicas_that_share_a_redis_keep_callers_apart(*, mode, start, authority, sandbox, amounts, redis_url):
    first, second, third = [await start(mode, cache_url=redis_url) for _ in range(3)]
    tokens = tokens_for(mode, authority)
    account = "ada" if mode == "service" else None

    cold = await ask_interleaved([first, second], tokens, at_once=WITH_REDIS)
    sandbox.take_calls()
    # What the others wrote is all that the third has.
    warm = await ask_interleaved([third], tokens, at_once=WITH_REDIS)

    assert (leaks(cold, amounts, account=account), leaks(warm, amounts, account=account)) == ([], [])
    assert sandbox.take_calls() == []


@pytest.mark.parametrize("mode", ["passthrough", "obo"])
async def test_the_check_goes_red_where_a_kept_answer_has_no_scope(mode, start, authority, amounts, monkeypatch):
    monkeypatch.setattr(Key, "__str__", lambda key: f"{key.entity.name}:{key.id}")
    gateway, tokens = await start(mode), tokens_for(mode, authority)
    await ask_interleaved([gateway], tokens, at_once=1, ids=FEW)

    assert leaks(await ask_interleaved([gateway], tokens, at_once=1, ids=FEW), amounts)


@pytest.mark.parametrize("mode", ["passthrough", "obo"])
async def test_the_check_goes_red_where_a_shared_call_has_no_scope(mode, start, authority, amounts, monkeypatch):
    monkeypatch.setattr(Key, "__eq__", lambda key, other: (key.entity, key.id) == (other.entity, other.id))
    monkeypatch.setattr(Key, "__hash__", lambda key: hash((key.entity, key.id)))
    # Without a cache a call is shared for a moment only.
    gateway = await start(mode, cache_url="none://")

    assert leaks(await ask_interleaved([gateway], tokens_for(mode, authority), at_once=300, ids=FEW), amounts)


@pytest.mark.redis
async def test_the_check_goes_red_where_a_key_in_redis_has_no_scope(start, authority, amounts, redis_url, monkeypatch):
    monkeypatch.setattr(Key, "__str__", lambda key: f"{key.entity.name}:{key.id}")
    gateways = [await start("obo", cache_url=redis_url) for _ in range(2)]

    assert leaks(await ask_interleaved(gateways, gateway_tokens(authority), at_once=1, ids=FEW), amounts)


async def test_the_check_goes_red_where_a_grant_is_everybody_s(start, authority, amounts, monkeypatch):
    monkeypatch.setattr(credentials, "_hash", lambda _assertion: "the same")
    gateway = await start("obo")

    assert leaks(await ask_interleaved([gateway], gateway_tokens(authority), at_once=1, ids=FEW), amounts)


@pytest.mark.parametrize("status", [200, 400])
async def test_an_answer_of_entra_s_with_retry_after_is_not_repeated_to_another_user(
    status, start, authority, sandbox, amounts
):
    # msal by itself repeats such an answer, with the first user's token, to whoever asks next.
    answer = {} if status == 200 else {"status": 400, "code": "70000"}
    rule = {"grant": "on_behalf_of", "headers": {"Retry-After": "60"}, "times": 1} | answer
    authority.control("PUT", "faults", [rule])
    gateway, tokens = await start("obo"), gateway_tokens(authority)
    await gateway.post(INVOICE, token=tokens.pop("ada"), variables={"id": IDS[0]})

    seen = [
        Seen(user, IDS[0], (await gateway.ask(INVOICE, token=tokens[user], id=IDS[0]))["invoice"]) for user in tokens
    ]

    assert leaks(seen, amounts) == []
    assert len(authority.grants()) == 6
