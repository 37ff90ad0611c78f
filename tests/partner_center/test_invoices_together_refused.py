"""Invoices by id that are asked for together, and the tokens and lanes that they are asked with."""

import gc

import pytest

from gateway.errors import UnauthenticatedError, UpstreamUnavailableError, UpstreamUnreadableError
from gateway.partner_center import breaker
from gateway.partner_center.client import PartnerCenter
from gateway.partner_center.credentials import Credentials
from gateway.partner_center.gets import Gets
from gateway.partner_center.transport import Transport, build_client
from tests.partner_center.asked_together import IDS, answer_each, arrived, asked_for, invoice
from tests.partner_center.raw_server import Exchange, http

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Renewed(Credentials):
    """Gives one token, and another after it was refused; or none at all."""

    def __init__(self, error=None, first="refused"):
        self.error = error
        self.first = first
        self.asked = 0

    async def token(self, _caller):
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.first

    async def token_after(self, _caller, _refused):
        return "taken"


async def test_a_refused_token_is_renewed_for_each(serve, operation):
    async def take_one_token(exchange: Exchange) -> None:
        is_taken = exchange.headers["authorization"] == "Bearer taken"
        await exchange.send(invoice(asked_for(exchange)) if is_taken else http(b"{}", 401))

    server = await serve(take_one_token)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        credentials = Renewed()
        said = await arrived(PartnerCenter(client, credentials, timeout_s=5, concurrency=8), operation)

    assert sorted(said) == list(enumerate(IDS))
    assert len(server.paths) == 8
    assert operation.budget.spent == 8
    assert credentials.asked == 1


async def test_without_a_token_none_is_asked(serve, operation):
    server = await serve(answer_each)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        refused = Renewed(UnauthenticatedError("no"))
        said = await arrived(PartnerCenter(client, refused, timeout_s=5, concurrency=8), operation)

    assert said == [(place, UnauthenticatedError) for place in range(4)]
    assert server.paths == []
    assert operation.budget.spent == 0


async def test_a_token_that_would_be_two_headers_goes_nowhere(serve, operation):
    server = await serve(answer_each)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as client:
        unsound = Renewed(first="a\r\nX: b")
        said = await arrived(PartnerCenter(client, unsound, timeout_s=5, concurrency=8), operation)

    assert sorted(said) == [(place, UpstreamUnreadableError) for place in range(4)]
    assert server.paths == []


async def test_a_lane_that_is_shut_lets_one_through_to_find_out_and_no_token_is_fetched_before(
    serve, operation, monkeypatch
):
    monkeypatch.setattr(breaker, "PROBE_EVERY_S", 60.0)
    is_well = False

    async def fail_at_first(exchange: Exchange) -> None:
        await exchange.send(invoice(asked_for(exchange)) if is_well else http(b"", 500))

    server = await serve(fail_at_first)
    async with build_client(server.url, timeout_s=5, transport=Transport(max_connections=8)) as http_client:
        credentials = Renewed()
        client = PartnerCenter(http_client, credentials, timeout_s=5, concurrency=8)
        await arrived(client, operation, [f"G{number}" for number in range(10)])
        failed = len(server.paths)
        asked = credentials.asked
        shut = await arrived(client, operation)
        asked_while_shut = credentials.asked - asked
        is_well = True
        monkeypatch.setattr(breaker, "PROBE_EVERY_S", 0.0)
        again = await arrived(client, operation)

    assert shut == [(place, UpstreamUnavailableError) for place in range(4)]
    assert asked_while_shut == 0
    assert "G1" in [said for _place, said in again]
    assert len(server.paths) > failed


async def test_no_token_is_kept_when_the_requests_have_gone_out(serve, connect, operation):
    server = await serve(answer_each)
    client = connect(server.url)
    await arrived(client, operation)
    await client.invoice(operation, "G1")

    token = operation.caller.token
    assert all(exchange.headers["authorization"] == f"Bearer {token}" for exchange in server.exchanges)
    (made_by,) = [each for each in gc.get_objects() if type(each) is Gets and each.calls is client.calls]
    assert token not in repr(vars(made_by))
