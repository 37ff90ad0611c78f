"""Whoever is refused is shown nothing from the past."""

import asyncio

import pytest

from gateway.errors import (
    ForbiddenError,
    MfaRequiredError,
    SignInFailedError,
    UnauthenticatedError,
    UpstreamUnavailableError,
)
from gateway.freshness import CacheControl, Served
from tests.cache.stale_shop import DEAD, NEW, OLD, Upstream, settle

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "refusal",
    [UnauthenticatedError("no"), MfaRequiredError(), ForbiddenError("no", "2032")],
    ids=lambda refusal: refusal.code,
)
@pytest.mark.parametrize("age_s", [10, 50])
async def test_a_refusal_is_never_covered_and_ends_all_that_its_scope_has(shop, refusal, age_s):
    await shop.ask(key="G2")
    await shop.ask(key="G2", identity="token-2")
    shop.upstream.answer = refusal
    shop.clock.now_s += age_s

    if age_s < 30:  # In the stale window the refusal comes behind an answer.
        await shop.ask()
        await settle()
    with pytest.raises(type(refusal)):
        await shop.ask()
    shop.upstream.answer = DEAD
    with pytest.raises(UpstreamUnavailableError):
        await shop.ask(key="G2")
    assert (await shop.ask(key="G2", identity="token-2")).value == NEW


async def test_what_is_being_read_while_the_scope_is_refused_is_not_kept(shop):
    shop.upstream.gate.clear()
    reading = asyncio.create_task(shop.ask(key="G2"))
    await settle()
    slow, shop.upstream = shop.upstream, Upstream(UnauthenticatedError("no"))
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G3")
    slow.gate.set()

    assert await reading == Served(NEW)
    assert await shop.cache.look([shop.reading("G2")], CacheControl()) == {}
    assert await shop.cache.look([shop.reading("G1")], CacheControl()) == {}
    shop.upstream = slow
    for _ in range(2):
        assert await shop.ask(key="G2") == Served(NEW)
    assert slow.calls == 3


async def test_a_refusal_that_concerns_one_thing_alone_ends_nothing(shop):
    refused = shop.reading("G2", is_refusal=lambda _error: False)
    shop.upstream.answer = ForbiddenError("not by id", "900329")
    with pytest.raises(ForbiddenError):
        await shop.ask(reading=refused)

    assert await shop.ask() == Served(OLD)


async def test_a_sign_in_that_is_refused_is_not_covered(shop):
    shop.upstream.answer = SignInFailedError()
    shop.clock.now_s += 50

    with pytest.raises(SignInFailedError):
        await shop.ask()


async def test_who_asks_after_a_refusal_does_not_join_a_call_from_before_it(shop):
    shop.upstream.gate.clear()
    before = asyncio.create_task(shop.ask(key="G2"))
    await settle()
    slow, shop.upstream = shop.upstream, Upstream(UnauthenticatedError("no"))
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G3")
    with pytest.raises(UnauthenticatedError):
        await shop.ask(key="G2")
    slow.gate.set()

    assert await before == Served(NEW)
