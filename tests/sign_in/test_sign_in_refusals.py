"""Partner Center refuses a token: another is had once, unless another would be refused the same way."""

import asyncio

import pytest
from sign_in_documents import SUMMARIES

from gateway.sandbox import create_sandbox
from gateway.sandbox.authority import ADA, PARTNER_CENTER
from gateway.sandbox.server import serve_in_thread

pytestmark = pytest.mark.anyio

GRANTS = {"obo": "on_behalf_of", "service": "refresh_token"}


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_401_gets_a_new_token_once_and_succeeds(mode, start, authority, sandbox):
    gateway = await start(mode, authority.mint(user="ada"))
    sandbox.faults({"status": 401, "times": 1})

    assert (await gateway.ask(SUMMARIES))["invoiceSummaries"]["items"]
    assert authority.grants() == [GRANTS[mode]] * 2
    assert [call["partner"] for call in sandbox.requests()] == [f"{ADA.tenant.id}/{ADA.oid}"] * 2


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_a_second_401_is_told(mode, start, authority, sandbox):
    gateway = await start(mode, authority.mint(user="ada"))
    sandbox.faults({"status": 401})

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "UNAUTHENTICATED")]
    assert authority.grants() == [GRANTS[mode]] * 2
    assert len(sandbox.requests()) == 2


@pytest.mark.parametrize("mode", ["obo", "service"])
async def test_many_who_are_refused_at_once_share_the_new_token(mode, start, authority, sandbox):
    gateway = await start(mode, authority.mint(user="ada"))
    await gateway.ask(SUMMARIES)
    sandbox.take_calls()
    ids = [f"G{100001 + number:09}" for number in range(10)]
    sandbox.faults(*({"status": 401, "times": 1, "path": f"/v1/invoices/{invoice_id}"} for invoice_id in ids))
    document = "query ($id: ID!) { invoice(id: $id) { id } }"

    await asyncio.gather(*(gateway.ask(document, id=invoice_id) for invoice_id in ids))

    assert authority.grants() == [GRANTS[mode]] * 2
    assert len(sandbox.requests()) == 20


@pytest.mark.parametrize(("upstream", "code"), [("900420", "WRONG_AUDIENCE"), ("900421", "MFA_REQUIRED")])
@pytest.mark.parametrize("mode", ["passthrough", "obo", "service"])
async def test_what_a_new_token_would_not_cure_is_told_at_once(*, mode, upstream, code, start, authority, sandbox):
    token = authority.mint(user="ada", audience=PARTNER_CENTER.uri) if mode == "passthrough" else None
    gateway = await start(mode, token or authority.mint(user="ada"))
    sandbox.faults({"status": 401, "code": upstream})

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], code)]
    assert authority.grants() == ([] if mode == "passthrough" else [GRANTS[mode]])
    assert len(sandbox.requests()) == 1


async def test_a_callers_own_token_is_not_tried_again(start, authority, sandbox):
    gateway = await start("passthrough", authority.mint(user="ada", audience=PARTNER_CENTER.uri))
    sandbox.faults({"status": 401})

    assert await gateway.errors(SUMMARIES) == [(["invoiceSummaries"], "UNAUTHENTICATED")]
    assert len(sandbox.requests()) == 1


async def test_a_partner_center_that_reads_tokens_takes_those_had_on_behalf_of_users_with_mfa(start, authority):
    with serve_in_thread(create_sandbox(require_audience=PARTNER_CENTER.uri)) as url:
        gateway = await start("obo", upstream_url=url)
        assert (await gateway.ask(SUMMARIES, token=authority.mint(user="ada")))["invoiceSummaries"]["items"]
        errors = await gateway.errors(SUMMARIES, token=authority.mint(user="cleo"))
        passed_on = await (await start("passthrough", upstream_url=url)).errors(
            SUMMARIES, token=authority.mint(user="ada")
        )

    assert errors == [(["invoiceSummaries"], "MFA_REQUIRED")]
    assert passed_on == [(["invoiceSummaries"], "WRONG_AUDIENCE")]
    assert authority.grants() == ["on_behalf_of"] * 2
