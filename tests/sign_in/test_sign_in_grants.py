"""Tokens for Partner Center: one sign-in for all who wait, renewed in time, bounded in number."""

import asyncio
import gc
import tracemalloc

import pytest
from sign_in_documents import SUMMARIES

from gateway.errors import SignInFailedError, SignInUnavailableError
from gateway.partner_center import credentials
from gateway.partner_center.credentials import Grants
from gateway.partner_center.sign_in import Grant
from tests.fakes import FakeClock

pytestmark = pytest.mark.anyio


class Service:
    """Signs in, as a test says.

    Attributes:
        calls: how often it was asked.
        error: raised in place of a grant.
        gate: sign-ins wait until it is set.
    """

    def __init__(self, clock, life_s=3600):
        self.calls = 0
        self.error = None
        self.gate = asyncio.Event()
        self.gate.set()
        self._clock = clock
        self._life_s = life_s

    async def __call__(self):
        self.calls += 1
        number = self.calls
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Grant(f"token-{number}", self._clock() + self._life_s)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def grants(clock):
    return Grants(clock)


async def test_all_who_wait_share_one_sign_in(grants, clock):
    service = Service(clock)

    assert await asyncio.gather(*(grants.token("a", service) for _ in range(100))) == ["token-1"] * 100
    assert (service.calls, len(grants)) == (1, 1)


async def test_a_token_is_renewed_five_minutes_before_its_end_and_once(grants, clock):
    service = Service(clock)
    await grants.token("a", service)
    clock.now_s += 3600 - 301
    assert await grants.token("a", service) == "token-1"
    clock.now_s += 1

    assert await asyncio.gather(*(grants.token("a", service) for _ in range(100))) == ["token-2"] * 100
    assert service.calls == 2


async def test_a_token_that_lives_shorter_than_that_serves_those_who_wait(grants, clock):
    service = Service(clock, life_s=60)

    assert await grants.token("a", service) == "token-1"
    assert await grants.token("a", service) == "token-2"


async def test_a_token_near_its_end_serves_on_while_signing_in_fails(grants, clock):
    service = Service(clock)
    await grants.token("a", service)
    service.error = SignInUnavailableError()
    clock.now_s += 3599
    assert await grants.token("a", service) == "token-1"
    clock.now_s += 1

    with pytest.raises(SignInUnavailableError):
        await grants.token("a", service)
    service.error = None
    assert await grants.token("a", service) == "token-4"


async def test_a_token_near_its_end_serves_on_while_signing_in_hangs(grants, clock, monkeypatch):
    monkeypatch.setattr(credentials, "_RENEWAL_TIMEOUT_S", 0.05)
    service = Service(clock)
    await grants.token("a", service)
    service.gate.clear()
    clock.now_s += 3400

    assert await grants.token("a", service) == "token-1"
    assert await grants.token("a", service) == "token-1"
    service.gate.set()
    await grants.aclose()
    # What hung was waited for by nobody in the end, and serves all the same.
    assert await grants.token("a", service) == "token-2"
    assert service.calls == 2


async def test_a_refusal_for_good_is_told_though_the_token_still_serves(grants, clock):
    service = Service(clock)
    await grants.token("a", service)
    service.error = SignInFailedError()
    clock.now_s += 3400

    with pytest.raises(SignInFailedError):
        await grants.token("a", service)


async def test_a_first_sign_in_that_hangs_ends_in_time(grants, clock, monkeypatch):
    monkeypatch.setattr(credentials, "_SIGN_IN_TIMEOUT_S", 0.05)
    service = Service(clock)
    service.gate.clear()

    with pytest.raises(SignInUnavailableError):
        await grants.token("a", service)
    service.gate.set()
    assert await grants.token("a", service) == "token-1"


async def test_a_sign_in_goes_on_when_all_who_wait_have_left(grants, clock):
    service = Service(clock)
    service.gate.clear()
    waiting = [asyncio.create_task(grants.token("a", service)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    service.gate.set()
    await grants.aclose()

    assert await grants.token("a", service) == "token-1"
    assert service.calls == 1


async def test_a_refused_token_is_dropped_once(grants, clock):
    service = Service(clock)
    await grants.token("a", service)
    grants.forget("a", "token-1")
    await grants.token("a", service)
    grants.forget("a", "token-1")

    assert await grants.token("a", service) == "token-2"


async def test_those_used_longest_ago_go(clock):
    grants, service = Grants(clock, max_grants=2), Service(clock)
    await grants.token("a", service)
    await grants.token("b", service)
    await grants.token("a", service)
    await grants.token("c", service)

    assert len(grants) == 2
    assert await grants.token("a", service) == "token-1"
    assert await grants.token("b", service) == "token-4"


async def test_thousands_of_callers_take_no_more_memory_than_the_bound(clock):
    grants = Grants(clock, max_grants=200)

    async def sign_in():
        return Grant("t" * 2000 + str(clock.now_s), clock() + 3600)

    async def a_thousand(name):
        for number in range(1000):
            clock.now_s += 0.001
            await grants.token(f"{name}-{number}", sign_in)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first, second = await a_thousand("a"), await a_thousand("b")
    finally:
        tracemalloc.stop()

    assert len(grants) == 200
    # 200 of 2 KB.
    assert first < 1_000_000
    assert abs(second - first) < 50_000


async def test_through_the_gateway_a_hundred_at_once_sign_in_once(start, authority, sandbox):
    gateway = await start("obo", authority.mint(user="ada"))

    answers = await asyncio.gather(*(gateway.ask(SUMMARIES) for _ in range(100)))

    assert all(answer == answers[0] for answer in answers)
    assert authority.grants() == ["on_behalf_of"]
    assert len(sandbox.requests()) == 1


async def test_through_the_gateway_each_token_of_a_user_is_exchanged_once(start, authority, sandbox):
    gateway = await start("obo", cache_url="none://")
    for token in [authority.mint(user="ada"), authority.mint(user="ada")] * 3:
        await gateway.ask(SUMMARIES, token=token)

    assert authority.grants() == ["on_behalf_of"] * 2
    assert len(sandbox.requests()) == 6


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_through_the_gateway_a_short_lived_token_is_renewed_for_all_at_once(mode, start, authority, sandbox):
    authority.control("PUT", "switches", {"access_token_lifetime_s": 300})
    gateway = await start(mode, authority.mint(user="ada", lifetime_s=3600), cache_url="none://")

    await gateway.ask(SUMMARIES)
    authority.control("PUT", "switches", {"access_token_lifetime_s": 3600})
    await asyncio.gather(*(gateway.ask(SUMMARIES) for _ in range(50)))
    await gateway.ask(SUMMARIES)

    assert len(authority.grants()) == 2
